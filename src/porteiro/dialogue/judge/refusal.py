"""Everything that refuses, negates, or sends away.

The notation is that of `notation`; what each part means stands in `parts`.
"""

from porteiro.dialogue.judge.parts import Part

LINES: dict[Part, str] = {
    Part.TURN_AWAY: """
        [<may>] (deixar | deixa | deixe) [<who>] [ai] [embaixo] (na | com a) (portaria | guarita)
        [<may>] (deixar | deixa | deixe) [<who>] (com o porteiro | ai embaixo | la embaixo)
        nao precisa <enter>
        (manda | mande | <tell>) [pra | para] [<who>] (voltar [<when>] | vir <when>)
        [<may>] (volta | volte | voltar) [<when>]
        manda <who>
        [eu] [ja] (desco | to descendo | vou descer | vou ai | vou la | vou buscar)
        """,
    Part.STRANGER: """
        [eu] nunca vi [<who>] [na vida]
        [eu] (nao | nem) conheco [<who> | ninguem | [nenhum | nenhuma] <stranger>] [nao $]
        [eu] nao (sei | faco ideia) [de] quem (e | seja | sao) [<who>]
        [ja] <ta> [muito] tarde [demais]
        nao foi (daqui | aqui | eu | ninguem daqui) [nao] [que (pedi | pediu | chamei | chamou)]
        nao e (pra mim | comigo | daqui | aqui | pra ca | meu | minha | nosso | nossa) [nao $]
        [aqui] nao tem (ninguem | nenhum morador) [aqui] com esse nome [aqui]
        [eu] nao <asked> [<someone>]
        [eu] nao <to> em casa
        """,
    Part.REGRET: """
        infelizmente
        desculpa
        desculpe
        perdao
        lamento
        lamentavelmente
        sinto muito
        """,
    Part.REFUSE: """
        nem (pensar | a pau | morto | morta | ferrando | em sonho | vem | fala | pense) [nisso]
        de (jeito | modo) (nenhum | algum)
        de (forma | maneira) (alguma | nenhuma)
        [em | sob] hipotese (alguma | nenhuma)
        sem (chance | condicoes | condicao | possibilidade)
        [<ta>] fora de (questao | cogitacao)
        nada (disso | feito) $
        [entrada | acesso | ta | esta] (negado | negada | recusado | recusada) $
        [eu] (recuso | nego | proibo | barro | dispenso) [<gate> | <who>]
        [<ta> | e] (proibido | proibida) [<enter> | <gate>] $
        [<may>] (barra | barrar | negar | bloqueia | bloquear) [<gate> | <who>]
        [<may>] (dispensa | dispensar | recusa | recusar) [<gate> | <who>]
        [<may>] (manda | mande | mandar) [<who>] [ir] (embora | vazar | sumir)
        [que] (va | vai) embora
        negativo $
        [mas | mas e | e] (claro | logico | obvio | evidente | certeza | com certeza) que nao
        com certeza [absoluta] nao
        [que | quero | prefiro | e] melhor nao $
        [eu] prefiro [que] nao $
        ^ [eu] (digo | falo) [que] nao
        ^ (diz | fala | avisa) que nao [<may> [<enter>] | autorizo | [<ta>] <allowed>]
        <tell> [<to_whom>] que eu nao autorizei [<who>]
        <tell> [<to_whom>] que <ta> (negado | proibido | recusado)
        ^ (fala | fale | diga | avisa) [(pra | para) <who>] que nao [<may> [<enter>] | autorizo]
        ^ (diz | fala) (pra | para) <who> que nao [<may> [<enter>] | autorizo]
        [eu] rejeito
        ^ (negativo | negado | nada disso | deus me livre) [senhor | senhora]
        ^ nao (senhor | senhora | filho | filha)
        [aqui] [eu | a gente | nos] nao <asked> <nothing> [<at>] [<here> | nao $]
        [eu] nao <asked> [<det>] (@thing | @trade | @job | @rel) [<at>] [nao $]
        [aqui] nao (pediu | pediram | fiz) (<nothing> | pedido) [nenhum] [nao $]
        nao fiz [nenhum] (pedido | compra) [nenhum | nenhuma] [nao $]
        [aqui] ninguem [aqui] [em casa] <asked_for> (<nothing> | [<det>] <job>) [aqui]
        [aqui] nao tem ninguem esperando [<nothing> | <who>]
        [<who>] nao tem [a] [minha] (autorizacao | permissao) [nao | [pra | para] <enter>]
        sem [a] [minha] (autorizacao | permissao) $
        [<tell>] (pra | para) <who> (ir embora | sair [daqui] | sumir [daqui] | vazar)
        [eu] nao autorizei (<who> | ninguem | nada) [nao $]
        nao tenho (nada | <job>) [marcado | marcada | agendado | agendada | nenhum | nenhuma]
        [eu] nao quero que [voce | voces] (<let> | <open> | <unlock>) [<who> | ninguem] [<enter>]
        <tell> [(pra | para) <who>] que [eu] nao <to> [em casa | aqui] [hoje | agora]
        <tell> [(pra | para) <who>] que nao tem ninguem [em casa | aqui] [agora | hoje]
        <tell> [<to_whom>] que [hoje | agora] eu nao (<allow> | posso | quero | vou receber | deixo)
        <tell> <to_whom> que [hoje | agora] nao [<may>] [<enter>]
        (hoje | agora) [eu] nao (da | vai dar) [nao | mais]
        [hoje | agora] [eu] nao <will> (receber | atender) [<who> | ninguem | nada] [hoje | agora]
        nao quero (<who> | <det> @rel | ninguem) (aqui | em casa | na minha casa)
        [eu] nao (quero | preciso) [de] [nada | saber | disso | <thing>] [nao | agora] [<thanks>] $
        [aqui] nao tem [@thing | @job] (nenhum | nenhuma) [@thing] [pra mim | pra ca | aqui]
        [aqui] nao tem @thing (nenhum | nenhuma) [pra mim | pra ca | aqui | nao $]
        <tell> [<to_whom>] que eu (sai | viajei | to dormindo | to ocupado | to ocupada)
        [eu] nao quero (papo | conversa | confusao | assunto) [nenhum | nenhuma] [com <who>]
        [eu] nao <let> (@rel | @job | @unheard | @other) <enter> [<tail>]
        [eu] nao (compro | aceito | recebo) (nada | ninguem | <job> | @unheard) [<at>] [nao $]
        [nao tem] ninguem [<ta>] <allowed> [a <enter> | [pra | para] <enter>] [aqui]
        [<who>] nao e bem (vindo | vinda) [aqui]
        [a | uma] (essa hora | hora dessas | hora dessa) nao $
        [<one> | eu] <neg> [<may> | <will>] (<let> | <grant>) [<anyone>] (<enter> | passar | passa)
        [eu] <neg> <will> (<granting> | deixar | querer | receber | atender) [<gate>] [<anyone>]
        [eu] <neg> <will> (deixar | mandar) [<anyone>] (<enter> | passar)
        <tell> <to_whom> nao (<enter> | passar | insistir)
        (nem | nao) pense em (<granting> | deixar [<anyone>] [<enter>])
        [eu] nao espero (<nothing> | <one>)
        [eu] nao (quero | <asked>) [receber] (<nothing> | [<det>] @firm) [aqui | hoje | nao $]
        ^ [<one> | que] nao $
        <one> que (va | vai) embora
        hoje [eu] nao (posso | quero) [nao | receber] [<who> | ninguem]
        <who> [<ta>] (proibido | proibida) [de <enter>]
        <ta> (proibido | proibida) [de <enter>]
        (aqui | la) <who> nao <in>
        to fora $
        (quero | autorizo | libero | deixo) (nada | ninguem) [nao] $
        deus me livre [e guarde] $
        de jeito maneira
        [a | minha] resposta e nao
        [aqui] ninguem (entra | sobe | passa) [aqui]
        (agora | hoje) nao [ne | obrigado | obrigada] $
        [isso] (nao da | nao vai dar | nao rola | nao pode ser) $
        nao tenho interesse
        nao quero (visita | receber | ver | falar com) [<who> | ninguem | nada | visita]
        nao <will> (comprar | receber | atender | assinar) [<who> | ninguem | nada | visita]
        [eu] nao (quero | deixo | <allow>) que [<who> | ninguem] <enters>
        [mas | mas e | e] (claro | logico | obvio | evidente) que nao (<grants> | <may> [<enter>])
        com certeza que nao (<grants> | <may> [<enter>])
        [<art>] (entrada | acesso) nao [<ta>] <allowed>
        (nega | negue | negar | recusar | recuse) [<gate>]
        nao quero [que] (<who> <enter> | <who> <enters>) [aqui]
        [<who>] nao (vai | e (pra | para)) [deixar [<who> | ninguem]] <enter> [<who> | ninguem]
        [<who>] nao (vai | e (pra | para)) <granting> [<gate>] [<who> | ninguem]
        [eu] nao <will> (<granting> | deixar) [<gate>] [<who> | ninguem] [<enter>]
        [<who>] nao <may> [<who>] <enter> [<tail>]
        [<who>] nao (entra | sobe | <enters>) [ninguem] [<tail>]
        [<who>] nao (<ta> | e | foi) <allowed> [a <enter>] [<gate>]
        [eu] nao <let> <newcomer> <enter> [<tail>]
        [<who>] nao e (pra | para) <who> [nao] <enter> [<tail>]
        [eu] nao <let> [<who> | ninguem | <art>] <enter> [<tail>]
        [eu] nao (<grants> | confirmo | recebo) [ninguem | nada | nao] [<gate>] [<tail>]
        nao <grant> [<gate>] [nao | ninguem] [<tail>]
        <may> [<enter> | <granting> | deixar] [<who>] [<enter>] nao [ne | <voc>] $
        [eu] (<grants> | <grant> | <let> | quero | entra | sobe) [<gate>] [<one>] [<enter>] nao $
        """,
    Part.NOT: """
        [eu] (nao | nunca | jamais | nem) [<may> | <will> | deixa | deixe | deixo | manda] [<who>]
        """,
    Part.DISAGREE: """
        [ta | esta | e] (errado | incorreto)
        nao (e isso | esta certo | ta certo | e esse | e essa) [nao $]
        """,
}
