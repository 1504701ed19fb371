"""Everything that allows, or sounds like it.

The notation is that of `notation`; what each part means stands in `parts`.
"""

from porteiro.dialogue.judge.parts import Part

LINES: dict[Part, str] = {
    Part.WEAK: """
        ta [bom | bem | joia]
        esta (bom | bem)
        [<host>] autoriza [<gate>]
        (entre | suba | entrem | subam | entra | sobe) [sim] [<here>]
        beleza
        blz
        tudo (bem | bom | certo)
        aham
        ahan
        uhum
        joia
        legal
        otimo
        maravilha
        tranquilo
        [de] suave
        [na] firmeza
        demorou
        fechou
        fechado
        combinado
        show
        bora
        partiu
        vamos la
        manda (ver | bala)
        <may> mandar [<someone>] $
        deixa
        <may> (deixar | crer)
        ja e
        tamo junto
        """,
    Part.AGREE: """
        certo
        certinho
        [e | ta | esta] isso [mesmo | ai | sim | tudo]
        isso e
        [e | ta | esta] (certo | correto | certinho | certissimo | exato)
        exatamente
        perfeito
        perfeitamente
        [eu] confirmo [sim]
        confirmado
        e (esse | essa | este) [mesmo | mesma | ai]
        e verdade
        """,
    Part.SIM: """
        sim [senhor | senhora | sim]
        [eu] digo [que] sim
        [a | minha | a minha] resposta e [um] sim
        """,
    Part.AFFIRM: """
        [mas | mas e | e] (claro | logico | obvio | evidente) [que sim | sim]
        (to | estou) de acordo
        (com | de) [toda] certeza [absoluta | que sim]
        certeza (absoluta | que sim)
        certamente
        seguramente
        evidentemente
        obviamente
        logicamente
        naturalmente
        positivo
        afirmativo
        sem [sombra de] duvida [nenhuma | alguma]
        <may> [sim | claro]
        <pron> <may> sim
        (deixa | deixo | libera | abre) sim
        """,
    Part.OKAY: """
        [ta | esta | tudo] (ok | okay | okey | oquei)
        """,
    Part.APPROVE: """
        [<who> | o] [<yes>] <may> [<yes>] <enter> [<tail>]
        [<host>] [<yes>] <may> [<yes>] <opening> [<here>] [<gate>] [<tail>]
        [<host>] [<yes>] <may> [<yes>] <let> [<who> | <art>] <enter> [<tail>]
        [<host>] [<yes>] <may> [<yes>] <let> [<who>] sim
        [<yes>] <may> [<yes>] dar acesso [<whom>]
        <may> [<yes>] permitir (o acesso | a entrada | que <who> <enters>)
        <may> considerar <allowed>
        [<may>] <let> [<who> | <art>] (passar | passa | passarem) $
        [<who>] [<yes>] <may> [<yes>] passar [<here>] $
        [<host>] <let> [<here>] [<who> | <art>] <enter> [<tail>]
        [<host>] [<yes>] [<may>] [<yes>] <let> <newcomer> <enter> [<tail>]
        <let> que (<who> <enters> | <enters>)
        [eu] deixo [sim] [<pron>] [<here>]
        [eu] deixo [sim] <who> <enter> [<tail>]
        [eu] (concordo | aceito) [sim] $
        [<host>] [<yes>] <may> [<yes>] <unlocking> [<here>] [<gate>] [<here>] [<to_whom>] [<here>]
        <unlock> [<here>] [<gate>] [<here>] [(para | pra | pro) (<who> | <person>)] [<here>]
        [<host>] [<yes>] [<may> [<yes>]] (<open> | <unlock> | <granting>) <to_whom> <enter> [<tail>]
        <let> [<who>] pra dentro
        [<may>] (<tell> | <telling>) (<to_whom> | (pra | para | pro) <newcomer>) <told> [<tail>]
        <may> <telling> <told> [<tail>]
        [eu] (to | estou) <allowing> [<gate> | <who>] [a] [<enter>] [<tail>]
        <tell> (pra | para) <enter>
        (avisa | avise) [<who>] <told> [<tail>]
        [eu] <allow> [sim] [<gate>] [<tail>]
        [eu] <allow> [sim] [que] <who> [a] (<enter> | <enters>) [<tail>]
        eu @name [@name] autorizo [<gate>] [<tail>]
        <open> [<here>] [<gate>] [<tail>]
        que <enters> [<tail>]
        [que] <who> <enters>
        queira <enter> [<tail>]
        [e] so (subir | entrar | passar) [<here>]
        (bota | bote | manda | mande) [<who>] (pra | para) (dentro | cima)
        [<may>] (faca | faz | fazer) o favor de (<enter> | <granting> [<gate>]) [<tail>]
        <grant> <art> $
        [ja] [<ta> | fica] <allowed> [sim] [<gate> | [pra | a] <enter>] [<tail>]
        (<who> | <gate>) [ja] (<ta> | fica) <allowed> [sim] [[pra | a] <enter>]
        (<gate> | entrada | acesso) <allowed>
        [eu] quero que (<who> <enters> | <enters>) [sim]
        [eu] (dou | concedo) [<whom>] [a | minha | a minha] (autorizacao | permissao | licenca)
        [<who>] tem [a] minha (autorizacao | permissao)
        dou acesso [<whom>]
        [pode] (da | dar) (acesso | passagem) [<whom>]
        """,
}
