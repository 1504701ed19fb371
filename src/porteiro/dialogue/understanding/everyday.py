"""Everyday words that are neither verbs nor names, as they turn up in answers; all folded."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVERYDAY_WORDS: Final = _words(
    """
    abelha aberta absoluta absurdo acesso afe aff afinal agua alas aleluia algo alias aliviado
    alma amem amizade apenas apos aquela aquelas aqueles area arra arre arroba asfalto assunto ata
    audio automatico autor aviso bagulho bagunca baguncada baixa baixo banheiro banho barulhenta
    barulho basta besteira bicho bicicleta bike bobagem bobo boca bocado bolsa boneca boneco bora
    botao branquinho brincadeira burro buzina bye cabeca cabo cacete cade cadeia cafe calcada
    calma calor cama camera caminhao caminho campainha campeonato canal cansaco capaz carro cartao
    carteira casal caso catraca causa cavalheiro cedo cem certinho certissimo chance chao chata
    chato cheiro chinelo chuva chuvinha cidadao cidade cim cinema claramente coisa colo comando
    companhia complicado computador comum conferido contanto contato contigo contrario conversa
    copo cor corda corpo correto costas credo crianca criancada cuidado culpa curso custo dai
    daquela daquele daqui daquilo debaixo debito dedo defeito demais demora dentro depressa
    desculpinha desejo desespero desgraca despesa dessa dessas desse desses destas deste destes
    detalhe deus devagar diabo diferente dificil dinheiro direitinho direito disso dito divisao
    doenca doideira dor droga duvida eita elevado embaixo embora emergencial emprestimo encima
    enfim engracado enquanto errada erro escola escritorio escuro espaco especial espera estacao
    estranho estranhos estupido evidente exato exemplo explicacao extra facil falsa falso fato
    febre ferro fila filme fim firmeza foda fogo fome forma formal forno forte foto fraco fria
    frio fumaca futebol galera garantia gelado gente gigante globo golpe gosto governo graca
    grande gratuito grupo hello hipotese historia homem homens horrivel hospital hotel humm idade
    ideia idiota igreja igual imagem imediato importante impossivel incorreto infelizmente inferno
    informacao instante inteiro interior inutil inverno ixi jamais janela jeitinho jeito jogo juiz
    jura lado ladrao legalzinho lei lento letra ligacao ligeiro linha lista livre livro local loja
    longo louca louco loucura lugar lustre maca mala maldito maneira maneiro mania mao maquina
    maravilha maravilhoso materia material maximo medida medio medo medroso meninas meninos menor
    mentira mercearia merda mesa metade microfone minimo ministerio minutinho misto modo
    momentinho momento morta morte morto motivo motor mundo musica nacional nadinha nariz negocio
    nenhum nervosa nervosismo nessa nesse neve nisso nisto nois normal normalmente nossa noticia
    noticias nova novela novo oba obrigacao obsequio obvio ocupada ocupado oficial oi okay ontem
    opa opcao ops ordem otima otimo outrora ovo ovos oxala paciencia pagina palavra papel parede
    parte partiu passado passeio pau pe peito pena pequena pequeno pera perai perfeita perfeito
    pergunta perigo permissao perna pesada pesado pessoal pessoas pior please po pod pontual
    porcaria porra porreta portanto posicao possivel possivelmente pow poxa pra praia prato prazer
    preco prefeito preguica presenca preso pressa previsao principal problema problemao problemas
    programa proibida proibido proposito proprietario proprio prova proximo publico puder puts
    putz quadro qualidade quente questao quieta quieto quisera ra radio raiva rapida rapidao
    rapidinho rapido razao rede refeicao regional reuniao ridiculo risco risos roupa rsrs ruido
    ruim rumo saco salada salao salario sapato saude segura seguro sempre senha senor sera serio
    servidor shhh si siim silencio sim simm simples sin sinal sincero sir sistema situacao sofrido
    som sono sorry sozinha sozinho suave sujeito surdo susto ta tamanho tanto tarde tarefa tarifa
    tchau tecla tela telefone televisao tempo tenso terrivel teste thank thanks tiro titulo toda
    tomara tomare total trabalheira trancado transito trem triste tristeza trrrim tudo turista
    turno uau uhum ui ultimo unica unico urgencia urgente valor vaso velha velho verba verdade
    vergonha viche vida vinda vish vista vixi vizinhanca volta vontade voto voz xi xiii yeah yes
    robo oce ce you zero zim zona
    """
)
