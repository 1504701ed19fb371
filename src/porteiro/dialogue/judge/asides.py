"""What people say beside their answer, and what changes none.

The notation is that of `notation`; what each part means stands in `parts`.
"""

from porteiro.dialogue.judge.parts import Part

LINES: dict[Part, str] = {
    Part.HARMLESS: """
        [que | pois | porque] [<pron> | <named>] (e | sao) <kin> [que eu <called>]
        [que | pois | porque] e <thing> [que eu [ja] <asked>]
        e [<det>] (@firm | @trade) [<of>]
        e (@rel | amigo | amiga | filho | filha | irmao) <of>
        [eu] [ja] <asked> [sim | mesmo] [<whom> | <det> (@trade | @job | @firm)] [<at>]
        [que] <who> (veio | vem | vai) [<errand>] [<who> | <det> @trade] [<at>] [aqui]
        [que] <someone> (mora | trabalha | vive) (aqui | comigo | em casa) [<often>]
        [que] <someone> vem [aqui | ca] <often>
        (que | <gate>) [ja] ta (aberto | aberta)
        <someone> chegou
        [eu] ja falei com <who>
        quero sim
        e no @other andar
        [que] (vai | vem) (entregar | instalar | consertar | montar) [<who> | <det> @trade] [<at>]
        e urgente
        [que] veio <errand> [<who> | <det> @trade] [<at>] [aqui]
        [ja] chegou <who>
        [que] [<someone>] [ja] e [<kin>] (de | da) (casa | familia | confianca | paz)
        (e | sao) [um | uma | uns | umas] (conhecido | conhecida | <person> | @thing) <mine>
        e [um | uma] (conhecido | conhecida)
        [ja] chegou [rapido | cedo]
        e gente (boa | nossa | de casa)
        e [<det>] visita [minha]
        e (pra mim | meu | comigo | aqui comigo) [mesmo | sim]
        e (pra ca | daqui mesmo | minha [mesma | sim])
        [eu] [ja] conheco [sim] [<who>]
        [eu] sei quem e [<pron>]
        [que] [eu] [ja] <to> [<here>] [mesmo] [te | o | a] <waiting> [sim | mesmo] [<whom>]
        [e | foi | fui] eu [mesmo | mesma] que (pedi | chamei | convidei) [<whom>]
        eu (pedi | chamei | convidei) [<whom>]
        nao (tem | ha | vejo) [nenhum | nem] problema [nenhum | algum]
        (sem | nenhum) (problema | problemas) [nenhum | algum]
        problema (nenhum | algum)
        nao (precisa | precisava | carece) [nem] [me | mais] (perguntar | ligar | avisar) [mais]
        nao (precisa | precisava | carece) [nem] [me | mais] (interfonar | anunciar) [mais]
        veio me (ver | visitar)
        ta (esperado | esperada)
        <who> vem (me ver | aqui | jantar | almocar | visitar)
        """,
    Part.WHO: """
        e (<named> | <pron>) [mesmo | mesma | sim]
        aqui e [o | a] @name
        e (da | do) <firm> [ne]
        [e] ((no | do | pro | para o) [apartamento | apto | ape] | apartamento | apto | ape) @number
        e aqui [mesmo | sim]
        ^ pois nao $
        """,
    Part.TOPIC: """
        ^ (<kin> | <named> | <pron>) $
        """,
    Part.PHONE: """
        alo
        oi
        ola
        pronto
        ha
        han
        """,
    Part.GREETING: """
        [muito] (bom dia | boa tarde | boa noite)
        tudo bem
        """,
    Part.THANKS: """
        <thanks>
        """,
    Part.FILLER: """
        e
        entao
        ne
        bom
        bem
        olha
        olhe
        viu
        ai
        opa
        uai
        ue
        oxe
        oxente
        bah
        tche
        vixe
        eita
        puxa
        nossa
        pois
        agora
        por favor
        por gentileza
        por obsequio
        faz favor
        faca o favor
        por mim
        com [todo | muito] prazer
        gracas a deus
        ate que enfim
        uai so
        egua
        arre
        visse
        finalmente
        aleluia
        poxa
        que (bom | otimo | maravilha | alegria)
        caramba
        meu deus
        (seja | sejam) bem (vindo | vinda)
        hoje
        [mas | mas e | e] (claro | logico | obvio | evidente | com certeza) que
        certeza que
        <voc> $
        ^ o $
        de boa
        """,
}
