"""The pieces that phrases are made of: who, where, what is opened, who lets whom."""

from porteiro.dialogue.judge.notation import define

PIECES = {
    "ta": "ta | esta | estao | tao",
    "to": "to | tou | estou | tava | estava | estamos | tamo",
    "person": "@rel | @job | moco | moca | senhor | senhora | amigo | amiga | cara | mano"
    " | irmao | chefe | parceiro | doutor | filho | filha",
    "voc": "[meu | minha] (moco | moca | senhor | senhora | amigo | amiga | cara | mano | irmao"
    " | chefe | parceiro | doutor | querido | querida)"
    " | meu filho | minha filha | [seu] porteiro",
    "pron": "ele | ela | eles | elas | os dois | as duas | os tres | as tres",
    "art": "o | a | os | as",
    "own": "meu | minha | meus | minhas | nosso | nossa | seu | dona | um | uma",
    "det": "<art> | esse | essa | esses | essas | este | esta | <own> | <art> <own>",
    "firm": "@firm | mercado livre | casas bahia | @trade",
    "of": "(da | do | das | dos | de | dessa | desse)"
    " (<firm> [@thing] | @thing [<firm>] | [<own>] <person> | [<own>] @name)",
    "his": "dele | dela | deles | delas | (da | do | das | dos) (<person> <of> | dona @unheard"
    " | [dona | seu] @name [@name]) | <of> | do <person> | da <person>",
    "kin": "<det> [<own>] <person> [@name [@name] | <det> @name | <of> | novo | mesmo]",
    "thing": "<det> (gas | agua | mercado) | [<det> [<own>]] @thing [@thing] [<his>]",
    "named": "[<det> [<own>]] @name [@name] [@name] [<of>]",
    "titled": "[<art>] (dona | seu | doutor | doutora | senhor | senhora) @unheard",
    "newcomer": "<titled> | <art> [<own>] @unheard [<of>]",
    "at": "[na | no | pela | pelo | da | do] [<firm>]",
    "allowing": "liberando | autorizando | permitindo",
    "asked_for": "pediu | chamou | ta esperando",
    "mine": "meu | minha | meus | minhas | nosso | nossa",
    "neg": "nao | nunca | jamais | nem",
    "someone": "<pron> | <named> | <kin>",
    "stranger": "[esse | essa | este | esta] (pessoa | homem | mulher | cara | rapaz | sujeito"
    " | gente | individuo | nome)",
    "waiting": "esperando | aguardando",
    "nothing": "[com] (nada | ninguem) | nenhum | nenhuma"
    " | [<det>] (@thing | @job | @rel) (nenhum | nenhuma)"
    " | (nenhum | nenhuma) (@thing | @job | @rel | @trade)",
    "asked": "pedi | chamei | convidei | contratei | comprei | encomendei | solicitei | agendei"
    " | marquei | mandei vir | <to> <waiting> | combinei | pediu | pedimos",
    "job": "@thing | @trade | @job | @rel",
    "often": "sempre | [todo | toda] (dia | semana | mes) | todos os dias",
    "errand": "[me] visitar | consertar | arrumar | instalar | entregar | buscar | trazer"
    " | trocar | ver | aplicar | tirar | colocar | passar"
    " | limpar | fazer | montar | pintar | medir | visitar | pegar | deixar | levar | cuidar"
    " | dar | almocar | jantar",
    "one": "<pron> | <kin> | <named> | <thing> | todo mundo | todos",
    "anyone": "ninguem | nada | nenhum @job | <newcomer> | <one>",
    "who": "<one> [e <one>]",
    "whom": "(a | com | para | pra | pro | por) <who> | <who>"
    " | (para | pra | pro) (<person> | mim | nos)",
    "here": "ai | la | aqui | agora [mesmo] | ja | logo | [la | aqui] em cima | por favor | sim"
    " | direto | rapido | rapidinho | depressa"
    " | [aqui | ate] (em | no | ao | para o | pro) (casa | apartamento | apto | ape)"
    " | [ate] aqui | pra ca | pelo elevador [de servico | social] | pelo portao"
    " | pela (entrada | porta) [de servico | social] | pela garagem | tranquilo | a vontade",
    "tail": "[<here>] [<here>] [<whom>] [<here>]",
    "in": "entrar | entra | subir | subi | sobe | vir | chegar | ingressar"
    " | adentrar | colar | entrarem | subirem | cola",
    "enter": "<in> [e <in>]",
    "to_whom": "(para | pra | pro | a | ao) (<who> | <person> | mim | nos)",
    "enters": "entre | suba | entrem | subam | passe | venha",
    "gate": "[<art>] (portao | porta | portaria | garagem | cancela | acesso | passagem"
    " | entrada | subida) [da garagem | de servico | social] [<his>]",
    "unlocking": "abrir | abri | abre | soltar | destravar",
    "opening": "liberar | libera | autorizar | autoriza | permitir | aprovar | franquear",
    "unlock": "solta | destrava | abre | abra | abrir",
    "open": "libera | libere | liberem | liberar | autoriza | autorize | permita"
    " | dar acesso | da acesso | permite",
    "allow": "autorizo | libero | permito | aprovo | consinto | concedo",
    "allowed": "autorizado | autorizada | autorizados | liberado | liberada | liberados"
    " | permitido | permitida | aprovado | aprovada",
    "granting": "<opening> | <unlocking>",
    "grant": "<open> | <unlock>",
    "grants": "<allow> | deixo | concordo | aceito",
    "called": "chamei | pedi | convidei | contratei",
    "let": "deixar | deixa | deixe | deixem | mandar | manda | mande | mandem | faz | faca | fazer",
    "tell": "fala | fale | diz | diga | pede | peca | avisa | avise",
    "will": "quero | vou | posso | desejo | pretendo",
    "may": "pode | podem",
    "yes": "sim | ja | claro | entao | agora | logo | tambem",
    "telling": "falar | dizer | pedir | avisar",
    "told": "que [<pron>] [<yes>] <may> [<enter>] | que [<pron>] <ta> <allowed> | <enter>",
    "when": "depois | mais tarde | amanha | (outra | outro) (hora | dia | momento)",
    "host": "voce | voces | o senhor | a senhora | <voc> | o",
    "thanks": "[muito] (obrigado | obrigada | brigado | brigada) | valeu | agradeco"
    " | grato | grata",
}
"""Named phrases, in the notation of `notation`."""

DEFINITIONS = define(PIECES)
