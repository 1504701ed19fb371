"""Everyday verbs in the forms that people say them in; all folded. None of them is a name."""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_REGULAR: Final = _words(
    """
    abaixar abrir acabar aceitar acertar achar acompanhar acontecer acordar acreditar adiantar
    agendar agradecer aguardar aguentar ajeitar ajudar alugar andar anotar apagar aparecer apertar
    aprender apresentar aprovar aproveitar arrumar assinar assistir atender atrapalhar atrasar
    aumentar autorizar avisar bater beber bloquear botar brincar buscar cadastrar cair caminhar
    cansar carregar chamar chegar chorar chutar cobrar colocar combinar comer completar comprar
    conceder concordar conferir confiar confirmar conhecer consentir consertar consultar contar
    continuar contratar conversar convidar copiar correr cozinhar crescer cuidar curtir custar
    decidir deixar demorar descer descobrir desconhecer desistir desligar devolver digitar discar
    dispensar encomendar encontrar encostar enganar ensinar entender entrar entregar enviar errar
    escolher esconder escrever escutar esperar esquecer esquentar estudar evitar existir explicar
    falar faltar fechar ferver ficar funcionar ganhar gastar gostar gravar gritar guardar
    identificar imaginar importar incomodar informar insistir instalar inventar jantar jogar
    juntar lembrar levantar levar liberar ligar limpar mandar mexer morar morrer mostrar mudar
    nascer negar obedecer olhar pagar parar parecer passar pegar pensar perceber perguntar
    permitir pesquisar precisar preencher prender preparar procurar proibir prometer pular puxar
    quebrar queimar receber reclamar recusar registrar rejeitar reparar repassar resolver
    respeitar responder retirar retornar sentar sobrar solicitar soltar sonhar subir sumir teclar
    tentar terminar tirar tocar tomar trabalhar tratar trocar usar vender viajar virar visitar
    viver voltar xingar
    """
)
_ENDINGS: Final = {
    "ar": _words("o a am amos ar ando ado ada aria ei ou aram ava avam e em"),
    "er": _words("o e em emos er endo ido ida eria i eu eram ia iam a am"),
    "ir": _words("o e em imos ir indo ido ida iria i iu iram ia iam a am"),
}
_IRREGULAR: Final = _words(
    """
    aguarde aperte busque cabe cai caia caiba chegue coloque consegue consiga consigo creio da
    dando dao de deem dera deram deu diga digam disse disser disseram diz dizem durma duvido
    entregue esteja estejam estique estiver explique faca facam faz fez fique fiquei fizeram haja
    le leia lendo ligue mente minta oponho ouca ouve pague peca pede perca perco podera poe poem
    pondo ponha ponham ponho por pos possa posto prefiro puder punha pus puseram queira quiser ri
    sai saia saiam segue seguindo seja sejam serve siga sinta sirva sobe soube suba tenha tenham
    tente tiver toque traga tragam traz troque trouxe va vai vao ve veem veja vejam vem venha
    venham viu
    """
)


def _forms(infinitive: str) -> set[str]:
    """Return what a regular verb is said as; a form that nobody says does no harm."""
    return {infinitive[:-2] + ending for ending in _ENDINGS[infinitive[-2:]]}


EVERYDAY_VERBS: Final = frozenset(_IRREGULAR).union(*map(_forms, _REGULAR))
