"""Questions, doubts, conditions, delays: what keeps an answer from being one.

The notation is that of `notation`; what each part means stands in `parts`.
"""

from porteiro.dialogue.judge.parts import Part

LINES: dict[Part, str] = {
    Part.REPEAT: """
        [eu] nao (entendi | ouvi | escutei | compreendi) [nada | direito | bem | o que voce disse]
        [eu] nao <to> (ouvindo | escutando | entendendo) [nada | direito | bem | voce]
        nao deu (pra | para) (ouvir | entender | escutar)
        ^ (o que | que | como | hein | desculpa | desculpe) $
        (que | o que) (foi | e isso | voce disse | disse)
        [<may>] (repetir | repete | repita) [por favor | de novo]
        (fala | fale) (de novo | mais alto | mais devagar | outra vez)
        mais alto
        de novo
        como e [que e]
        """,
    Part.QUESTION: """
        quem
        qual
        quais
        onde
        cade
        quanto
        quantos
        por que
        pra que
        para que
        o que
        sera
        e (pra | para)
        como
        que horas
        posso
        devo
        """,
    Part.WAIT: """
        (espera | espere | pera | perai | segura | calma) [ai] [um pouco]
        (aguarda | aguarde) [ai] [um pouco]
        [so] (um | uns) (minuto | momento | instante | segundo | minutinho | momentinho)
        [so] (um | uns) (segundinho | instantinho | pouquinho | pouco | minutos | segundos)
        [eu] ja (vou | vai)
        deixa eu
        deixe me
        deixa me
        [eu] vou (ver | perguntar | confirmar | checar | olhar | falar)
        nao posso (falar | atender)
        [agora] [eu] nao posso [agora] $
        """,
    Part.LATER: """
        depois
        mais tarde
        amanha
        daqui
        ja ja
        ainda
        [eu] ja <allow>
        jaja
        logo mais
        outra hora
        outro dia
        outro momento
        assim que
        semana
        ontem
        """,
    Part.DOUBT: """
        talvez
        [eu] nao sei [se]
        [eu] sei la
        (acho | creio | penso | espero | parece | imagino) [que] [sim | nao | melhor nao]
        quem sabe
        vai ver [que]
        depende
        <may> ser
        tanto faz
        [eu] nao (tenho | to) [muita] (certeza | certo | seguro | segura)
        [eu] (to | tenho) [na | em] duvida
        mais ou menos
        [eu] nao (faco ideia | lembro | to sabendo | vejo por que nao)
        possivelmente
        provavelmente
        por que nao
        """,
    Part.CONDITION: """
        so se
        se
        caso
        desde que
        contanto
        a nao ser
        a menos
        quando
        so
        somente
        apenas
        """,
    Part.CONTRAST: """
        mas
        porem
        """,
    Part.IDIOM: """
        pois sim
        imagina
        entao ta [bom | bem]
        aham claro
        [eu] nao (barra | barre | bloqueia | bloqueie | recusa | recuse | dispensa | dispense)
        [eu] nao (nega | negue | recuso | nego | proibo | barro | bloqueio | dispenso)
        [eu] nao <will> (negar | recusar | barrar | bloquear | dispensar | impedir | proibir)
        nao (manda | mande) [<who>] [ir] embora
        ai sim
        (com certeza | certeza | certamente | claro | logico) [que] (e | foi | era) [<who>]
        <may> (falar | dizer | esperar | aguardar | ligar) $
        """,
    Part.REPORT: """
        disse
        disseram
        falou
        falaram
        falei
        dizendo
        diz que
        mandou
        avisou
        pediu
        respondeu
        """,
    Part.REPAIR: """
        quer dizer
        ou
        alias
        minto
        brincadeira
        brincando
        mentira
        """,
}
