"""Common Brazilian given names, folded: evidence where a name stands without any cue."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GIVEN_NAMES = _words(
    """
    abel abner adailton adalberto ademar ademir adilson adriana adriano afonso agatha agnaldo
    aguinaldo ailton alan alana alberto aldo alejandro alessandra alessandro alex alexandra
    alexandre alexsandro alfredo alice alicia aline alisson allan almir altair alvaro amadeu
    amanda amelia amilton ana anabela analu anderson andre andrea andreia andressa andreza
    angela angelica angelo anita antonia antonio aparecida aparecido ariane ariel arlete arlindo
    armando arnaldo arthur artur augusto aurea aurora ayla barbara beatriz benedita benedito
    benicio benjamin bento berenice bernardo beto bia bianca brenda breno bruna bruno caetano
    caio camila camilo carina carla carlos carlinhos carmem carmen carol carolina caroline
    cassia cassio catarina cauan caua cecilia celia celio celso cesar chico cibele cicero cida
    cintia clara clarice clarissa claudemir claudete claudia claudinei claudio cleber cleide
    cleiton cleonice clotilde clovis conceicao cris cristiana cristiane cristiano cristina
    cynthia dagmar daiane dalva damiao daniel daniela daniele danielle danilo dario davi david
    debora deborah deise dejair denilson denis denise deolinda diana diego dilma dimas diogo
    dirce dirceu divina djalma domingos donizete douglas dudu dulce duda eder edgar edilene
    edilson edimilson edinaldo edivaldo edmilson edmundo edna edson eduarda eduardo elaine elcio
    eleonora eliana eliane elias elisa elisabete elisangela eliseu elizabeth elza emanuel
    emanuelle emerson emilia emilio enzo erica erick erico erika ernesto estela ester esther
    eugenia eunice euclides eva evandro evelyn everton fabia fabiana fabiano fabio fabricio
    fatima felicia felipe fernanda fernandinho fernando flavia flavio francisca francisco
    franciele gabi gabriel gabriela gabrielle geane genivaldo geovana geraldo gerson gilberto
    gilda gilmar gilson giovana giovanna giovanni gisele giselle giulia gisela glaucia glauco
    gloria graca graziela guilherme gui gustavo heitor helena helder helio heloisa henrique
    henry hercules hilda hugo humberto iara igor ilda ines iolanda iracema irene isaac isabel
    isabela isabella isadora isaias isis ismael israel italo ivan ivana ivete ivo ivone izabel
    jacira jaciara jackson jacqueline jair jairo jamile janaina jane janete jaqueline jean
    jefferson jeferson jennifer jeremias jessica joana joao joaozinho joaquim joel joelma joice
    jonas jonatas jonathan jorge josa jose josefa josiane josias josue joyce jucelino judite
    julia juliana juliano julio jurandir jussara juvenal kaio karen karina karine karla katia
    kauan kaua kelly kevin lais lara larissa laura lauro lavinia lea leandro leda leia leila
    leni leo leonardo leonor leticia levi lia lidia ligia lilian liliana lindalva livia lorena
    lorenzo lourdes lourival luan luana lucas lucca lucia luciana luciano luciene lucimar
    lucineia lucio luis luisa luiz luiza luna lurdes luzia madalena magda maicon maira maiara
    manoel manoela manu manuel manuela mara marcela marcelo marcia marcinho marcio marco marcos
    margarete margarida mari maria mariana mariane marilda marilena marilene marilia marilza
    marina mario marisa maristela marlene marli marlon marta martha mateus matheus mauricio
    mauro max maya mayara melissa michael michel michele michelle miguel milena milton mirella
    miriam mirian moacir moises monica murilo nadia nair nanci nara natalia natasha nathalia
    neide neiva nelson neusa neuza newton ney nicolas nicole nilson nilton nilza nina nivaldo
    noah noemi norma octavio odair odete olavo olga olivia orlando oscar osmar osvaldo oswaldo
    otavio pablo paloma pamela patricia paula paulinha paulinho paulo pedrinho pedro penelope
    pietra pietro priscila quiteria rafael rafaela raimunda raimundo ramon raquel raul rayane
    rebeca regiane regina reginaldo reinaldo renan renata renato ricardo rita roberta roberto
    robson rodolfo rodrigo rogerio romulo ronaldo ronan roni rosa rosana rosane rosangela
    rosaria roseli rosemary rosi rosilene rosimeire ruan rubens rute ruth sabrina samanta samara
    samuel sandra sandro santiago sara sarah saulo sebastiao selma sergio severino sheila sidnei
    sidney silas silvana silvia silvio simao simone sirlei socorro sofia solange sonia sophia
    stefany stela stella stephanie suelen sueli suely susana suzana tais tales tamires tania
    tarcisio tatiana tatiane telma teresa tereza terezinha thais thales thiago tiago tomas tony
    ubirajara ueslei ulisses vagner valdecir valdemar valdete valdir valentina valeria valeriano
    valmir valter vander vanderlei vanderson vanessa vania vera veronica vicente victor vilma
    vinicius violeta virginia vitor vitoria viviane vivian wagner waldemar walter wanda
    wanderley wanderson washington wellington wendel wesley willian william wilma wilson yago
    yara yasmin yuri yvone zaqueu zelia zenaide ze zeca zezinho zilda zoe zuleica jo li tati
    rafa lu nando rick edu pati vivi juju tina nene tonho tiao nei dani guga fabinho
    """
)
