"""Whom and what people let in: the nouns and names that say nothing about the answer."""

import re

_KINDS = {
    "@other": """
        cachorro cachorra cachorrinho cao caes gato gata gatinho bicho bichos pet passarinho
        passaro rato barata mosca mosquito pombo galinha cavalo sol lua vento chuva frio calor ar
        fumaca poeira barulho som musica volume sinal cheiro fogo neve noite dia semana tempo hora
        ano mes preco dolar euro bolsa juro juros imposto inflacao salario dinheiro valor taxa
        conta voto lei governo banco time jogador bola gol avenida elevador predio andar bloco
        outro outra outros outras primeiro primeira segundo terceiro ultimo ultima proximo proxima
        proprio propria resto restante demais tal tais quase nem sempre apenas talvez
        video videos audio foto fotos arquivo link mensagem massa febre temperatura nivel agudo
        bateria pressao corrente fila energia cortina escada moral nota barra volante mesa
        ladrao ladroes bandido bandidos assaltante assaltantes golpista estranho estranha""",
    "@rel": """
        casal parentes familiares criancada molecada irmaozinho pais cunhados cunhadas
        irmazinha netinho netinha bebe noras sogros bisneto bisneta
        pai mae papai mamae painho mainha filhos filhas filhinho filhinha irma irmaos irmas mana
        marido esposa mulher esposo noivo noiva namorado namorada companheiro companheira
        parceira avo avos vovo tio tia tios tias titio titia primo prima primos primas sobrinho
        sobrinha sobrinhos neto neta netos netas sogro sogra cunhado cunhada genro nora padrasto
        madrasta enteado enteada padrinho madrinha afilhado afilhada compadre comadre amigos
        amigas amiguinho amiguinha colega colegas vizinho vizinha vizinhos familia familiar
        parente parentes pessoal pessoa pessoas gente turma galera mocinha rapaz rapazes menino
        menina meninos meninas garoto garota crianca criancas homem senhores sujeito visita
        visitas visitante visitantes convidado convidada convidados hospede hospedes inquilino
        inquilina professor professora aluno aluna cliente ex cavalheiro dama""",
    "@job": """
        entregador entregadora motoboy carteiro motorista taxista uber tecnico tecnica encanador
        eletricista pedreiro pintor marceneiro chaveiro jardineiro piscineiro gesseiro
        vidraceiro serralheiro montador instalador dedetizador faxineira faxineiro diarista baba
        cuidadora cuidador enfermeiro enfermeira medico medica doutora fisioterapeuta manicure
        cabeleireira cabeleireiro costureira massagista personal corretor corretora arquiteto
        arquiteta engenheiro engenheira veterinario prestador prestadora funcionario funcionaria
        empregada cozinheira passadeira ajudante mecanico advogado advogada pastor padre
        policial bombeiro oficial fretista carregador mudanceiro""",
    "@thing": """
        pizza lanche comida marmita almoco janta jantar sushi hamburguer acai galao entrega
        entregas encomenda encomendas pacote pacotes correspondencia carta cartas mercadoria
        compra compras remedio remedios flores flor presente documento documentos sedex pedido
        servico servicos produto material bolo carro moto bicicleta caminhao van""",
    "@trade": """
        movel moveis sofa geladeira cama colchao internet limpeza obra manutencao mudanca
        pintura faxina reforma vistoria orcamento medicao unha cabelo massagem curativo exame
        exames aula aulas prova entrevista piano violao ingles natacao matematica musculacao
        reforco academia trabalho escola faculdade igreja predio condominio empresa prefeitura
        lavanderia lavadora maquina fogao chuveiro piscina telhado parede
        janela armario estante cadeira computador impressora
        aniversario festa churrasco reuniao evento consulta
        vazamento infiltracao torneira cano pia privada interfone antena camera alarme encanamento
        conserto instalacao tv televisao telefone luz energia farmacia padaria supermercado
        mercado feira gas agua""",
    "@firm": """
        vivo claro oi ifood rappi correios correio amazon shopee magalu loggi jadlog fedex
        dhl net tim sky
        sabesp enel cemig copel comgas ultragaz liquigas uber noventanove zedelivery
        transportadora lalamove""",
    "@name": """
        abel adao adelaide adelia ademar ademir adilson adriana adriano afonso agatha aline alan
        alana alberto alessandra alessandro alex alexandra alexandre alfredo alice almir aloisio
        alvaro amanda amelia ana anderson andre andrea andreia andressa angela angelica angelo
        anita antonia antonio aparecida arlindo armando arnaldo artur arthur augusto aurora
        barbara beatriz benedito benicio benjamin bento bernardo bete beto bia bianca breno
        bruna bruno caio camila camilo carina carla carlos carlinhos carmen carolina caroline
        cassio catarina caua cecilia celia celina celso cesar chico cintia cicero clara clarice
        claudia claudio cleber cleide cleiton clovis conceicao cristiana cristiane cristiano
        cristina daiane dalva damiao daniel daniela daniele danilo dario davi david debora deise
        denis denise diana diego dilma diogo dirce djalma domingos douglas dudu durval eder
        edilson edith edmar edmilson edna edson eduarda eduardo elaine eliana eliane elias elisa
        elisangela eliza elza emanuel emerson emilia enzo erica erick erika ernesto ester
        eugenio eunice eva evandro everton fabiana fabiano fabio fabricio fatima felipe fernanda
        fernando flavia flavio francisca francisco franciele gabi gabriel gabriela geni geraldo
        gerson gilberto gilda gilmar gilson giovana giovanna gisele glaucia glauber gloria graca
        guilherme gustavo helena helio heloisa henrique hilda hugo iago iara igor ines inacio
        ingrid iolanda irene iris isa isaac isabel isabela isadora isaura ivan ivana ivete ivo
        ivone jaime jair janaina jandira jaqueline jefferson jeferson jessica jesus joana joao
        joaquim joca joel jonas jonatas jorge jose josefa josiane josue joyce juan juca julia
        juliana juliano julio junior juraci jussara karen karina karla katia kauan kelly kevin
        laercio lais lara larissa laura lauro lea leandro leda leila lena leo leonardo leonor
        leticia lia lidia lilian liliane livia lorena lourdes lourenco luan luana lucas lucia
        luciana luciano lucio luis luisa luiz luiza luizinho lurdes magali magda maicon manoel
        manuel manuela mara marcela marcelo marcia marcio marco marcos margarida maria mariana
        mariane marilene marilia marina mario marisa marlene marli marta martha mateus matheus
        matias mauricio mauro max maya mayara melissa michel michele miguel milena milton miriam
        moacir moises monica murilo nadia nair natalia natasha nathalia neide nelson neusa
        newton nicolas nicole nilda nilson nilton nina noemi norma odair odete olga olivia
        orlando oscar osmar osvaldo otavio pablo paola patricia paula paulinho paulo pedrinho
        pedro penha pietra priscila rafael rafaela raimunda raimundo ramon raquel raul rebeca
        regiane regina reginaldo renan renata renato ricardo rita roberta roberto robson rodolfo
        rodrigo rogerio romario romulo ronaldo roque rosa rosana rosangela rosaria roseli
        rosemary rosilene rui ruth sabrina salete samanta samara samuel sandra sandro sara
        sebastiana sebastiao selma sergio severino sheila silas silvana silvia silvio simone
        sofia solange sonia sophia soraia stefany stela suelen sueli suzana taina tais talita
        tania tarcisio tatiana tatiane telma teresa tereza thais thalita theo thiago tiago tomas
        toninho tonho ulisses valdemar valdir valentina valeria valmir valter vanda vanderlei
        vanessa vania vera veronica vicente victor vinicius virginia vitor vitoria viviane
        wagner waldir wallace walter wanda wanderley washington wellington wesley william
        willian wilma wilson yago yasmin yuri zeca zelia ze zilda zuleica silva santos oliveira
        souza sousa rodrigues ferreira alves pereira lima gomes costa ribeiro martins carvalho
        almeida lopes soares fernandes vieira barbosa rocha nascimento andrade moreira nunes
        marques machado mendes freitas cardoso ramos goncalves santana teixeira araujo
        cavalcanti monteiro moura correia batista campos castro pinto melo barros azevedo
        medeiros farias cunha pires macedo borges siqueira xavier duarte neves figueiredo coelho
        caique cauan kaua kauan kaique enzo thaisa rayane rayssa ryan jhonatan jhony
        adenilson ailton alaide albertina alcides aldo alzira amauri amarildo andressa anselmo
        arlete arlene astolfo bernadete caetano cacilda candida carlito catia celeste charles
        cidinha cida cileide claudete claudinei claudineia cleonice cleusa creusa cristovao dagmar
        darci deivid deivison denilson dinalva dinho divina djanira donizete dorival edileusa
        edileuza edinaldo edineia edivaldo edlaine eliete elizabete elizangela elton ellen emilly
        erivaldo erivelton esmeralda estevao eurides evaldo evelyn ezequiel fabricia
        firmino francinete genesio genilson genivaldo gertrudes gilson gilvan giselle gislaine
        guiomar hamilton hermes heitor iracema iranildo irineu isabelle itamar izabel izaura jacira
        jacqueline jailson jandir janete jeane jenifer jennifer jessyca joaozinho jocelia jonathan
        joseane josefina josenildo josimar jucilene jucileide julieta jurema juvenal
        karine keila kelvin kleber kleyton laura lauane leidiane leonice lindalva lucineia lucimar
        luciene lucilene ludmila luzia mailson marcinho maricleide mariangela marileide marinalva
        maristela marivaldo matilde maurilio micaela mirela mirtes naiara naldo nara natanael
        neuza nicole nivaldo noemia nonato olivio onofre orlanda osmarina otacilio ozeias quiteria
        railda reinaldo rhuan risoleta rivaldo robervaldo rodney romeu romilda ronilson rosemeire
        rosimeire rosineide ruan rubens ryan sandrinha savio serginho severina shirley sidnei
        sidney simao sirlei socorro suelen sulamita tamires tatiane tereza terezinha thayna thaina
        tiago tobias tonico ubirajara valdecir valdemir valdete valdineia valdirene valdomiro
        valeska vaneide vandre vicentina wanderson welington wellinton weslley wendel zelinda
        zezinho zezito zilma zulmira leticia bruninha duda dudinha juninho ritinha aninha
        marquinhos paulao chicao betinho luisinho""",
}

KIND = {word: kind for kind, words in _KINDS.items() for word in words.split()}
"""The kind of each noun, by its folded form."""

UNHEARD_OF = re.compile(r"[a-z]{3,}")
"""What a name that is in no list may look like, folded."""
