"""Words that are not people's names, by what they are; all folded.

Names are an open class and everyday words nearly a closed one, so a name is told by its
place in the sentence and by not being one of these, never by a list of names alone.
"""

from porteiro.dialogue.understanding.everyday import EVERYDAY_WORDS
from porteiro.dialogue.understanding.verbs import EVERYDAY_VERBS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    """
    dona don seu sr sra srta senhor senhora senhorita dr dra doutor doutora prof professor
    professora tio tia vo vovo vovó pastor pastora padre irma irmao frei madre cabo sargento
    tenente capitao mestre madame moco moca
    """
)

KIN = _words(
    """
    amigo amiga amigos amigas amigao primo prima primos mae pai mamae papai filho filha filhos
    filhinho irmao irma irmaos tio tia avo vo vovo avos neto neta sobrinho sobrinha cunhado
    cunhada sogro sogra genro nora marido esposa esposo mulher namorado namorada noivo noiva ex
    companheiro companheira padrinho madrinha afilhado afilhada compadre comadre colega colegas
    parceiro parceira conhecido conhecida vizinho vizinha familiar parente familia convidado
    convidada hospede visitante visita enteado enteada padrasto madrasta bisneto patrao patroa
    chefe aluno aluna cliente paciente inquilino inquilina
    """
)

ROLES = _words(
    """
    entregador entregadora motoboy motoqueiro motorista taxista carteiro mensageiro tecnico
    tecnica encanador eletricista pedreiro pintor marceneiro chaveiro vidraceiro jardineiro
    piscineiro diarista faxineira faxineiro empregada domestica cozinheira passadeira baba
    cuidador cuidadora enfermeiro enfermeira fisioterapeuta medico medica massagista manicure
    cabeleireira cabeleireiro personal treinador corretor corretora engenheiro engenheira
    arquiteto arquiteta montador instalador dedetizador vistoriador fiscal perito advogado
    advogada veterinario veterinaria adestrador passeador gesseiro serralheiro tapeceiro
    costureira fotografo leiturista funcionario funcionaria prestador rapaz moco moca menino
    menina cara homem pessoal gente pessoa senhor senhora mocinha garoto garota vendedor
    vendedora representante ajudante auxiliar assistente consultor consultora terapeuta
    psicologa psicologo dentista nutricionista decorador decoradora
    """
)

BRANDS = _words(
    """
    ifood rappi uber eats noventa correio correios sedex amazon mercado livre mercadolivre
    shopee shein magalu magazine luiza americanas loggi jadlog dhl fedex lalamove aliexpress ze
    delivery casas bahia ponto renner riachuelo kabum dafiti netshoes centauro leroy merlin
    telhanorte tok stok natura avon boticario drogasil droga raia drogaria pacheco pague menos
    panvel ultrafarma carrefour extra assai pao acucar zona sul sams club petz cobasi petlove
    daki shopper cornershop habibs mcdonalds mc burger king bk subway dominos outback ultragaz
    liquigas supergasbras copagaz nacionalgas consigaz claro vivo tim oi net sky algar brisanet
    nextel telefonica desktop sercomtel enel light cemig copel cpfl elektro celpe coelba
    equatorial neoenergia energisa edp comgas naturgy sabesp cedae sanepar copasa corsan embasa
    compesa caesb casan otis atlas schindler thyssen thyssenkrupp atlasschindler brastemp consul
    electrolux samsung lg fastshop quintoandar zap getninjas parafuzo blablacar cabify indriver
    indrive flash direct total express azul cargo latam gol braspress rodonaves tnt ups google
    alexa siri porteiro
    """
)

FUNCTION = _words(
    """
    a o as os um uma uns umas e ou mas que se de da do das dos em no na nos nas num numa por
    pelo pela pelos pelas para pra pro pras pros p ao aos com sem sob sobre ate desde entre
    contra perto longe dentro fora atras frente antes depois agora hoje ontem amanha ja ainda
    sempre nunca cedo tarde noite dia manha madrugada hora horas minuto minutos segundo segundos
    semana mes ano anos eu tu ele ela eles elas voce voces vc vcs me mim comigo te ti contigo
    lhe lhes meu minha meus minhas teu tua seu sua seus suas nosso nossa nossos nossas dele dela
    deles delas este esta esse essa isto isso aquele aquela aquilo estes estas esses essas aqui
    ali la ca ai quem qual quais quando quanto quantos quantas onde como porque porquê pq nao
    sim ne nem tambem so somente apenas muito muita muitos pouco pouca pouquinho mais menos bem
    mal melhor pior tudo todo toda todos todas nada ninguem alguem algum alguma nenhum nenhuma
    outro outra outros outras mesmo mesma cada tal tanto qualquer assim entao logo pois portanto
    porem inclusive alias talvez quase certo certa certeza claro ok okay beleza blz joia legal
    tranquilo tranquila valeu obrigado obrigada brigado brigada obrigadinho agradeco favor
    gentileza licenca desculpa desculpe desculpas perdao ola oi alo opa oie fala salve psiu
    tchau boa bom bons boas eita puxa poxa caramba putz caraca ufa uai tche bah oxe oxente vixe
    ave mano bro brother parca parceiro chefe chefia patrao campeao amigo querido querida anjo
    tia filho jovem exatamente positivo afirmativo negativo correto primeiro primeira segunda
    terceiro terceira quarto quarta quinto quinta sexto sexta setimo setima oitavo oitava nono
    nona decimo decima ultimo ultima zero dois duas tres quatro cinco seis sete oito nove dez
    onze doze treze quatorze catorze quinze dezesseis dezessete dezoito dezenove vinte trinta
    quarenta cinquenta sessenta setenta oitenta noventa cem cento mil meia meio duzia
    segunda-feira domingo sabado feira janeiro fevereiro marco abril maio junho julho agosto
    setembro outubro novembro dezembro natal pascoa carnaval feriado
    """
) - {"marco", "natal"}

VERBS = _words(
    """
    sou es somos sao era eram foi fui fomos ser sendo sido seria seja esta estou estamos estao
    estava estive estar to ta tao tava tamo tive tinha tem tenho temos tenha ter teria tendo ha
    havia houve vou vai vamos vao ia iam ir indo ido va vem venho vim veio vieram viemos vir
    vindo vinha venha posso pode podem podemos podia poderia poder quero quer queria querem
    queremos querer quisesse gostaria preciso precisa precisava precisamos precisar devo deve
    deveria dever sei sabe sabia saber soube acho acha achei achar faco faz fazer fez fiz
    fazendo feito faria digo diz dizer disse dizendo diga falo fala falar falou falei falando
    fale falaram peco pede pedir pediu pedi pediram pedindo dou da dar deu dei dado dando de ve
    ver vejo viu vi vendo visto veja chamo chama chamar chamou chamando chame chamado interfona
    interfonar interfone liga ligar ligou ligando ligue liguei toca tocar toquei avisa avisar
    avise avisou avisado avisando abre abrir abra abriu abrindo aberto libera liberar liberou
    libere liberado liberada autoriza autorizar autorizou autorizado autorizada autorize deixa
    deixar deixei deixou deixe deixando entra entrar entrou entre entrando sai sair saiu sobe
    subir suba subindo desce desceu quis contou bateu correu descer desca descendo
    espera esperar esperando espere aguarda
    aguardar aguarde aguardando chega chegar chegou cheguei chegando chegamos chegaram mora moro
    moram morar morando morava fica ficar ficou fico ficando ficaram entrega entregar entregando
    entregue entregou trago traz trazer trouxe trouxeram trazendo levo leva levar levou levando
    busco busca buscar buscando pego pega pegar pegando peguei pegou retiro retira retirar
    retirando visito visita visitar visitando visitas procuro procura procurar procurando
    encontro encontra encontrar encontrei conhece conhecer conheco lembro lembra lembrar esqueci
    esqueceu entendi entende entender entendeu ouvi ouve ouvir ouviu ouvindo escuta escutar
    escutei escutou repete repetir repita repetiu conserta consertar conserto arruma arrumar
    arrumo instala instalar monta montar limpa limpar pinta pintar troca trocar mede medir corta
    cortar assina assinar recebe receber recebeu manda mandar mandou mandaram marcou marcar
    marquei marcado marcada combinou combinei combinado combinar agendou agendei agendado
    agendada agendar contratou contratado chamada precisando passa passar passando passei passou
    volta voltar voltei olha olhar pensa pensar trabalho trabalha trabalhar trabalhando faltou
    falta acabou acabei acaba comprou compra comprei comprar vender paga pagar pagou ajuda
    ajudar ajude tenta tentar tentei consegue consegui conseguir pergunta perguntar responde
    atende atender atendeu atendendo anda andar comeca comecar come comer bebe beber dormir
    dorme joga jogar brinca brincar estuda estudar ensina ensinar cuida cuidar ignora ignore
    ignorar esqueca obedeca execute confirma confirmar confirme confirmo cancela cancelar
    corrigindo corrige errei errado enganei minto perdi perdeu interessa interesse importa parou
    quebrou quebrado vazando entupiu entupido estragou queimou sentado parado encostado convidou
    convidado convite venham virou tomar almocar jantar lanchar conversar bater bate papo
    resolver apresentar mostrar assistir participar prestar realizar efetuar verificar checar
    vistoriar avaliar revisar desentupir dedetizar reparar cobrar coletar transportar carregar
    descarregar estacionar
    """
)

NOUNS = _words(
    """
    apartamento apartamentos apto apt ap ape unidade casa sala conjunto bloco torre predio
    edificio condominio residencial residencia portaria portao porta gate entrada saida garagem
    vaga elevador escada hall rua avenida alameda travessa estrada andar andares piso terreo
    cobertura subsolo fundos numero nome sobrenome apelido morador moradora moradores morada
    dono proprietario proprietaria sindico sindica zelador zeladora porteiro porteira vigia
    guarda seguranca recepcao administracao administradora encomenda encomendas pacote pacotes
    caixa caixas caixinha volume volumes pedido pedidos entrega entregas sacola sacolas envelope
    envelopes carta cartas documento documentos doc docs papel papeis correspondencia
    correspondencias produto produtos mercadoria item itens comida lanche lanches marmita
    marmitex quentinha pizza pizzas pizzaria hamburguer sushi acai esfiha pastel almoco jantar
    janta cafe bolo salgado salgados doce doces bebida cerveja agua galao gas botijao farmacia
    remedio remedios medicamento medicamentos mercado supermercado compra compras feira
    hortifruti padaria restaurante lanchonete floricultura flores buque presente cesta roupa
    roupas lavanderia movel moveis sofa colchao geladeira fogao maquina televisao tv armario
    mesa cadeira cortina cortinas persiana tapete vidro vidros transportadora transporte frete
    caminhao carro moto bicicleta bike mudanca carreto internet wifi modem roteador telefone
    telefonia celular fibra cabo sinal luz energia eletrica eletrico hidraulica hidraulico
    encanamento cano canos torneira chuveiro vazamento infiltracao banheiro cozinha quarto
    quartos ar condicionado arcondicionado aquecedor alarme camera cameras interfone antena
    fechadura chave chaves tomada fiacao obra obras reforma reformas pintura gesso azulejo
    telhado limpeza faxina manutencao instalacao reparo reparos conserto montagem vistoria
    inspecao leitura medicao medidor relogio hidrometro orcamento servico servicos assistencia
    dedetizacao desinsetizacao entrevista emprego trabalho empresa firma loja escritorio agencia
    banco hospital clinica laboratorio escola faculdade igreja prefeitura policia bombeiro
    bombeiros oficial justica censo ibge saude dengue exame vacina coleta sangue aula aulas
    reuniao consulta sessao terapia massagem treino festa festinha aniversario niver churrasco
    cha bebe fralda panela casamento confraternizacao encontro role jogo filme estudo oracao
    culto visita visitinha surpresa problema assunto coisa coisas negocio recado parte mao favor
    pessoa pessoas gente galera povo crianca criancas cachorro gato pet cao animal passeio banho
    tosa racao vez vezes tempo momento instante momentinho instantinho minutinho segundinho
    pouquinho rapidinho rapido urgente urgencia emergencia lado esquina direita esquerda final
    inicio comeco meio cima baixo placa cor azul verde vermelho preto amarelo codigo senha
    protocolo nota fiscal boleto conta contas valor preco reais real centavos dinheiro cartao
    pix troco cpf rg identidade id cnpj sistema instrucao instrucoes comando regra regras ordem
    ordens teste robo atendente humano humana gravacao ligacao mensagem mensagens whatsapp zap
    telefonema audio som voz barulho lixo vizinhanca bairro cidade interior aplicativo app site
    corrida carona viagem aeroporto rodoviaria hotel airbnb aluguel imobiliaria imovel locacao
    venda anuncio olx mes passado proximo proxima novo nova velho velha grande pequeno pequena
    frio quente pesado pesada leve aberto fechado pronto pronta sozinho sozinha junto juntos
    direto ocupado doido bebado louco santo deus favorzinho particular pessoal familiar tecnico
    tecnica geral social domiciliar mensal anual semanal ca completo completa depende dependendo
    velorio enterro home care carne acougue peixe frango escrito escrita consta etiqueta adesivo
    cracha desconto proibido grama janela janelas portas injecao unha unhas corpo cabelo cabelos
    escova maquiagem olho olhos cabeca barriga dor febre chuva calor sede fome sono pressa medo
    raiva culpa duvida resposta pergunta palavra frase motivo razao assinatura foto fotos video
    videos livro livros mochila bolsa carteira mala malas sapato tenis camisa calca vestido
    uniforme capacete colete ferramenta ferramentas parede paredes teto chao forro tinta cimento
    areia tijolo ferro metal plastico papelao embalagem lata garrafa garrafas copo prato talher
    vaso planta plantas jardim piscina sauna academia quadra salao churrasqueira playground
    parque praca ponto parada onibus metro trem aviao barco roda pneu gasolina oficina posto
    shopping cinema teatro museu sitio fazenda chacara noticia jornal revista radio computador
    notebook tablet impressora teclado mouse tela pendrive carregador bateria pilha lampada
    lampadas ventilador microondas liquidificador lavadora secadora aspirador vassoura balde
    pano sabao tag controle remoto biometria facial cadastro cadastrado cadastrada lista chegada
    errada diferente igual importante necessario possivel impossivel facil dificil doente
    gravida idoso idosa cego surdo cansado cansada nervoso molhado perdido perdida atrasado
    atrasada adiantado feliz triste bonito bonita lindo linda feio alto alta curto cheio vazio
    limpo sujo seco molhada caro barato gratis lembranca lembrancinha mimo agrado brinde amostra
    catalogo perfume batom creme arroz feijao pao leite queijo presunto fruta frutas verdura
    verduras legumes ovo ovos sobremesa sorvete chocolate refrigerante suco vinho cachaca gelo
    coxinha tapioca feijoada espetinho batata sanduiche fugiu caiu desligou enrola enrolar
    escreve escrever escreveu leia ler leu coloca colocar coloque bota botar anota anotar
    desconfia duvido garanto juro jura prometo torco imagino suponho parece parecia lembrou
    acredito acredita seguinte convidados convidadas vizinhos vizinhas primas sobrinhos netos
    tios avos noivos piano violao ingles matematica musica canto yoga ioga pilates natacao danca
    reforco espanhol portugues desenho guitarra resto metade dupla turma grupo equipe time setor
    departamento suporte central matriz filial tal fulano fulana ciclano beltrano desconhecido
    anonimo segredo
    """
)

SURNAMES_TOO = _words(
    """
    pessoa pacheco raia merlin branco preto claro porto casa camara guerra fiscal cabral passos
    vieira varela mar torre torres feira leite chaves quadros salgado moro flores fortes grande
    jardim feliz canto hora verde parente batista aguiar falcao gaspar salvador sacramento
    evangelista trindade
    """
)
"""Everyday words and firms that are surnames after a given name."""

AMBIGUOUS = _words(
    """
    rosa flor vitoria gloria luz paz cruz santos reis dias neves campos rocha pedra leao lobo
    coelho carneiro pinto barata ramos serra prado lago rios costa moreira pereira oliveira
    nogueira ferreira teixeira figueira cerqueira siqueira madeira barros franco franca bela sol
    ceu estrela angelo dores graca esperanca pires salles marco clara branca bento domingos
    natal
    """
)
"""Everyday words that are just as well somebody's name: left to their place in the sentence."""

GENERATIONS = _words("filho neto sobrinho junior")
"""What tells a man from his father after his name, and else who somebody is to somebody."""

SURNAMES_AFTER_DA = _words(
    """
    silva costa cunha rocha mata luz cruz paz conceicao fonseca rosa silveira veiga gama mota
    motta guia gloria penha matta graca trindade ponte serra hora porto
    """
)
SURNAMES_AFTER_DO = _words(
    """
    nascimento carmo amaral vale valle prado couto rosario amparo ceu socorro lago monte
    espirito bonfim livramento egito rego canto o
    """
)
SURNAMES_AFTER_DOS_DAS = _words(
    """
    santos anjos reis passos prazeres rios campos neves dores gracas chagas merces flores
    virgens dias palmares pereira
    """
)

_SURNAMES = SURNAMES_TOO | SURNAMES_AFTER_DA | SURNAMES_AFTER_DO | SURNAMES_AFTER_DOS_DAS
NOT_NAMES = (
    TITLES
    | KIN
    | ROLES
    | BRANDS
    | FUNCTION
    | VERBS
    | NOUNS
    | ((EVERYDAY_VERBS | EVERYDAY_WORDS) - _SURNAMES)
) - AMBIGUOUS
