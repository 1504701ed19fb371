"""Why somebody stands at the gate, told by the words they use for it."""

import re
from dataclasses import dataclass

from porteiro.dialogue.terms import Purpose, Question
from porteiro.dialogue.understanding.corrections import takes_back
from porteiro.dialogue.understanding.reading import Reading

_DELIVERY_BRANDS = (
    r"ifood|i food|rappi|uber eats|ubereats|uber (?:flash|entregas?|direct)|# food|sedex"
    r"|correios?"
    r"|amazon|mercado ?livre|shopee|shein|magalu|magazine luiza|americanas|loggi|jadlog|dhl"
    r"|fedex"
    r"|lalamove|aliexpress|ze delivery|zee? delivery|casas bahia|total express|azul cargo"
    r"|drogasil"
    r"|droga ?raia|drogaria|ultragaz|liquigas|petz|cobasi|petlove|daki|habibs|mcdonalds"
    r"|burger king|outback|kabum|netshoes|dafiti|braspress"
)
_SERVICE_BRANDS = (
    r"claro|vivo|tim|oi|net|sky|algar|brisanet|enel|light|cemig|copel|cpfl|coelba|celpe"
    r"|equatorial"
    r"|energisa|neoenergia|edp|elektro|sabesp|cedae|sanepar|copasa|corsan|embasa|compesa|caesb"
    r"|casan|comgas|naturgy|otis|atlas|schindler|thyssen|brastemp|consul|electrolux|telefonica"
)
_TRADES = (
    r"tecnic[oa]s?|encanador|eletricista|pedreiro|pintor|marceneiro|chaveiro|vidraceiro"
    r"|jardineiro"
    r"|piscineiro|diarista|faxineir[oa]|empregada|domestica|cozinheira|passadeira|baba"
    r"|cuidador[a]?"
    r"|enfermeir[oa]|fisioterapeuta|fisio|medic[oa]|massagista|manicure|cabeleireir[oa]"
    r"|personal"
    r"|corretor[a]?|engenheir[oa]|arquitet[oa]|montador|instalador|dedetizador[a]?|vistoriador"
    r"|fiscal|perito|veterinari[oa]|adestrador[a]?|passeador[a]?|dog ?walker|pet ?sitter"
    r"|gesseiro"
    r"|serralheiro|tapeceiro|costureira|fotografo|leiturista|prestador[a]?|professora? (?:de"
    r"|da|do|particular)"
    r"|terapeuta|podologa|depiladora|maquiadora|afinador|azulejista|telhadista|desentupidora"
)
_KIN = (
    r"amig[oa]s?|amigao|prim[oa]s?|mae|pai|filh[oa]s?|irma|irmao|irmaos|ti[oa]|avo|vo|net[oa]"
    r"|sobrinh[oa]|cunhad[oa]|sogr[oa]|genro|nora|marido|espos[oa]|namorad[oa]|noiv[oa]|ex"
    r"|companheir[oa]|padrinho|madrinha|afilhad[oa]|compadre|comadre|colegas?|conhecid[oa]"
    r"|vizinh[oa]|familiar|parente|familia|hospede|ficante"
)
_SERVICE_FIRMS = (
    r"imobiliaria|seguradora|construtora|dedetizadora|vidracaria|marcenaria|serralheria|clinica"
    r"|laboratorio|assistencia tecnica|desentupidora|marmoraria"
)
_SHOPS = (
    r"pizzaria|padaria|farmacia|floricultura|hortifruti|restaurante|lanchonete|lavanderia"
    r"|acougue|quitanda|peixaria|livraria|papelaria|distribuidora|deposito|adega|confeitaria"
    r"|doceria|doceira|hamburgueria|sorveteria|cafeteria|mercadinho|sacolao|loja|pet ?shop|otica"
)
_VOCATIVE = re.compile(
    r"(?<= )(?:(?:fala|oi|ola|opa|ei|e|viu|valeu|obrigado|obrigada|bom dia|boa tarde|boa noite)"
    r"(?: ai)?) (?:meu|minha) (?:amig[oa]|amigao|irmao|primo|ti[oa]|chefe|parceiro|consagrado) "
)
"""How strangers are addressed; they are nobody's kin: "fala, meu amigo"."""
_SELF = re.compile(r" (?:sou|somos|vim|viemos|aqui e|meus?|minhas?) ")
_DEF = r"(?:o |a |os |as |um |uma |uns |umas |meu |minha |meus |minhas |seu |sua )"
_OF_KIN = 2
"""The weight of being somebody's kin, and of what friends do together."""


def _sign(purpose: Purpose, weight: int, pattern: str) -> tuple[Purpose, int, re.Pattern[str]]:
    return purpose, weight, re.compile(rf" (?:{pattern})(?= )")


_SIGNS = (
    _sign(Purpose.VISIT, 4, r"colegas? d[eoa] (?:trabalho|servico|obra|aula)"),
    _sign(
        Purpose.SERVICE,
        1,
        r"(?:vim|preciso|vou|viemos|tenho que|faco) (?:fazer|aplicar|cortar|medir|lavar|mexer"
        r"|regular|colocar|ajeitar|verificar|checar|avaliar|examinar)",
    ),
    _sign(Purpose.DELIVERY, 1, r"gas|botijoes|carnes?|bolo|presente|um negocio|uma coisa"),
    _sign(Purpose.SERVICE, 4, r"visita tecnica|visita de (?:vistoria|manutencao|rotina)"),
    _sign(
        Purpose.SERVICE, 4, rf"(?:d[ao]|tecnico|equipe) (?:{_SERVICE_BRANDS})(?: \w+){{0,3}} visita"
    ),
    _sign(
        Purpose.VISIT,
        1,
        r"(?:vim|vou|viemos|vamos|indo|ir|subir|passar)(?: aqui| la)? (?:n[ao]|em|para|pra|pro|ate)"
        r"(?: [ao])? (?:casa|apartamento|ap|apto|apt|ape) d[aeo]s?"
        rf"|e (?:o|a) (?:{_KIN}) \w+ d[aeo]",
    ),
    _sign(
        Purpose.DELIVERY,
        4,
        r"(?:bolo|torta|doc(?:es|inhos)|salgad(?:os|inhos)|kit|cesta|presente|flores) (?:de|do|da)"
        r" (?:aniversario|festa|casamento)",
    ),
    _sign(
        Purpose.SERVICE,
        2,
        r"(?:rapaz|moc[oa]|cara|homem|menin[oa]|pessoal) d[aeo] (?:piscina|internet|luz|agua"
        r"|limpeza|obra|manutencao|portao|jardim|ar|tv|antena|camera)",
    ),
    _sign(Purpose.DELIVERY, 4, r"entrega (?:de|do|da) (?:gas|agua|moveis|movel|marmitas?)"),
    _sign(Purpose.SERVICE, 4, r"leitura (?:do|da|de) (?:gas|agua|luz|relogio|medidor)"),
    _sign(
        Purpose.DELIVERY,
        3,
        rf"entrega|entregas|entregar|entregando|entrego|entregador[a]?|delivery|motoboy"
        rf"|carteiro"
        rf"|encomend(?:a|inha)s?|entreguinha|pacot(?:e|inho)s?|transportadora|{_DELIVERY_BRANDS}",
    ),
    _sign(
        Purpose.SERVICE,
        3,
        rf"{_TRADES}|manutencao|conserto|consertar|reparos?|instalar|instalacao|servicos?"
        rf"|faxina"
        r"|limpeza|limpar|vistoria|vistoriar|inspecao|orcamento|obra|reforma|mudanca|leitura"
        r"|medicao|dedetizacao|dedetizar|desinsetizacao|desentupir|entrevista|aula|aulas"
        r"|montar|montagem|pintar|pintura|assistencia|arrumar|trocar|vazamento|revisao|revisar"
        r"|trabalhar|trabalho|higienizacao|impermeabilizacao|banho e tosa|massagem|fisioterapia"
        r"|passear com|plantao|colocar (?:a |o |as |os )?(?:rede|redes|cortina|cortinas|tela"
        r"|telas"
        r"|insulfilm|papel|piso|vidro|box|porta)|marido de aluguel|frete|carreto|lavar",
    ),
    _sign(
        Purpose.VISIT,
        3,
        r"visita|visitas|visitar|visitando|visitinha|visitante|aniversario|niver"
        r"|convidad[oa]s?|me convidou|nos convidou|cha de (?:bebe|fralda|panela|casa nova)",
    ),
    _sign(
        Purpose.DELIVERY,
        2,
        r"trouxe|trago|trazer|trazendo|vim trazer|caixas?|volumes?|envelopes?|documentos?"
        r"|cartas?"
        r"|pizzas?|lanch(?:e|inho)s?|marmitas?|marmitex|quentinhas?|comida|sushi|acai|esfihas?"
        rf"|{_SHOPS}|jorna(?:l|is)|revistas?|boletos?|frango|bebidas?|racao|salgad(?:os|inhos)|doces"
        r"|(?:caix|sacol|cart)inhas?|presentinho|remedinho|comprinhas|feira do mes"
        r"|hamburguer|flores|buque|remedios?|medicamentos?|compras|mercado|supermercado"
        r"|sacolas?|botijao|galao|galoes|mercadorias?|correspondencias?"
        r"|pedido|pedidos|produtos?|cesta|coleta|coletar"
        r"|retirada"
        rf"|agua mineral|intimacao|deixar (?:{_DEF})?(?:negocio|coisa|encomenda"
        rf"|presente"
        r"|chave|chaves|papel|bolo|roupa|roupas|livro|cadeirinha)|do gas|move(?:l|is)|sofa|colchao",
    ),
    _sign(
        Purpose.SERVICE,
        2,
        rf"(?:d[ao]|tecnico|equipe) (?:{_SERVICE_BRANDS})|internet|wi ?fi|fibra|modem|ar"
        rf" condicionado|chuveiro|encanamento|interfone|elevador|{_SERVICE_FIRMS}|bombeiros?"
        r"|defesa civil"
        r"|cuidar d[aeo]|vim atender|atendimento|consulta|prefeitura"
        r"|censo|ibge|oficial de justica|dengue|zoonoses|companhia de (?:luz|agua|gas|energia)",
    ),
    _sign(
        Purpose.VISIT,
        _OF_KIN,
        rf"sou (?:{_DEF})?(?:{_KIN})|(?:{_KIN}) (?:de|da|do|dos|das|dele|dela|deles)|(?:meu"
        rf"|minha"
        rf"|meus|minhas|uns|umas|uma|um) (?:{_KIN})|festa|festinha|churrasco|almocar|jantar"
        rf"|almoco"
        r"|confraternizacao|tomar (?:um |uma )?(?:cafe|cafezinho|cerveja|breja|cha)|lanchar"
        r"|bater (?:um )?papo|passar (?:o|a|uns|um) (?:dia|tarde|noite|fim|final|dias|tempo)"
        r"|dormir|ver (?:o |um )?(?:jogo|filme|bebe|neto|neta)|jogar|brincar|estudar|culto"
        r"|oracao"
        r"|celula|encontro|pousar|conhecer",
    ),
    _sign(
        Purpose.VISIT,
        1,
        rf"(?:vim|vou|venho|viemos|quero|queria|pra|para) (?:ver|buscar|pegar"
        rf"|encontrar) {_DEF}?"
        r"(?!chuveiro|cano|vazamento|internet|elevador|apartamento|geladeira|maquina|fogao"
        r"|gas|luz)"
        r"(?:dona |seu |dr |dra )?\w+|me espera|me esperando|nos esperando|esperando a gente"
        r"|(?:me|nos) (?:esperar|receber)|me chamou|me aguarda|me aguardando|a minha espera"
        r"|uber"
        r"|taxi|motorista (?:d[eo] )?(?:aplicativo|app|uber)|cabify",
    ),
)
_NEGATED = re.compile(
    r" (?:nao|nem) (?:(?:e|sou|vim|vou|quero|era|tem|tenho|to|estou|uma?|de|do|da|o|a|para|pra"
    r"|fazer|nenhuma?|com|nada) )*$"
)


@dataclass(frozen=True, slots=True)
class _Sign:
    purpose: Purpose
    weight: int
    start: int
    end: int


def find_purpose(reading: Reading, asked: Question | None = None) -> Purpose | None:
    """Return the purpose said: the weightiest sign, the first of equals, a correction's last.

    Asked whom they want, people name residents by their kin, and no visit: "a Ana ou a mãe dela".
    """
    line = _VOCATIVE.sub("", reading.line)
    best: _Sign | None = None
    for sign in _signs(line):
        if best is None or takes_back(line[best.end : sign.start]) or sign.weight > best.weight:
            best = sign
    if best is None:
        return None
    of_kin = best.purpose is Purpose.VISIT and best.weight == _OF_KIN
    whom = asked in {Question.RESIDENT, Question.SURNAME} and _SELF.search(line) is None
    return None if of_kin and whom else best.purpose


def _signs(line: str) -> list[_Sign]:
    found = sorted(
        (
            _Sign(purpose, weight, match.start(), match.end())
            for purpose, weight, pattern in _SIGNS
            for match in pattern.finditer(line)
        ),
        key=lambda sign: (sign.start, -sign.weight),
    )
    said = []
    denied_to = 0
    for sign in found:
        # "não é entrega não, é visita": the second no belongs to what was denied before
        before = line[denied_to : sign.start + 1]
        if _NEGATED.search(before.removeprefix(" nao") if denied_to else before):
            denied_to = sign.end
        else:
            said.append(sign)
    return said
