"""Words of the pages that synthetic_pages.py makes, in several languages."""

from dataclasses import dataclass


@dataclass
class Language:
    """Sentences and names as pages of a language have them."""

    sentences: list[str]
    items: list[str]
    headings: list[str]
    questions: list[str]
    nav: list[str]
    titles: list[str]
    afterwards: list[str]
    newsletter: list[str]
    footer: list[str]
    footer_links: list[str]
    units: list[str]
    blank: str = " "


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


ENGLISH = Language(
    sentences=_lines("""
        The workshop opens at eight in the morning, and whoever comes early gets coffee while the first bikes are put on the stands.
        Bring the card with you.
        We answer within two working days, and we call you before we do anything that costs more than what was agreed upon at the counter.
        Each group has a guide of its own, who knows the paths along the river and the weather that comes over the hills in autumn.
        The old mill was rebuilt after the flood of 1953 and has ground the flour of three villages since then.
        Nothing needs to be booked for fewer than six people.
        Stir the dough until it no longer sticks to the bowl, cover it with a cloth, and leave it in a warm place for about an hour.
        Members pay half, children under ten nothing at all.
        The function returns the number of entries that were changed; it raises an error if the file is locked by somebody else.
        Boats may be moored at the northern quay for up to three nights, as long as the harbour master knows their names.
        In winter the upper road is closed.
        All rooms have a desk, a lamp and a view of either the garden or the courtyard, where it stays quiet at night.
        The course ends with an examination that takes forty minutes and can be repeated once.
        Settings that are not named here keep the values that they had before the update.
    """),
    items=_names(
        "Replacement key, Day ticket, Red lentils, Monday to Friday, Brake pads, Large box, Adults, Students, Main hall,"
        " Evening course, Two carrots, Copper wire, Return code, Maximum length, Spare battery, Oak shelf, First floor,"
        " Late fee, Rope of ten metres, Small table, Annual card, Inner tube"
    ),
    headings=_names(
        "Fees, Opening hours, Ingredients, Steps, Prices, How to find us, Example, Errors, Options, Terms, Questions,"
        " Contact, What to bring, Overview, Sizes, Delivery, Timetable, Rooms, Our workshop, Guided walks"
    ),
    questions=_lines("""
        Where is the lift?
        May I bring a dog?
        How long does it take?
        What if I lose the card?
        Is there a place to park?
        Can I pay by card?
    """),
    nav=_names("Home, News, About us, Contact, Shop, Events, Team, Blog, Services, Log in, Search, Archive"),
    titles=_lines("""
        Ferry late again after the storm
        Ten walks for a rainy Sunday
        New mayor elected in the second round
        How we rebuilt the old mill
        A lamp that needs no wire
        The best bread of the valley
    """),
    afterwards=_names("Related articles, You may also like, Most read, More stories, Recent posts, Read next"),
    newsletter=_names("Subscribe to our newsletter, Never miss a story, Sign up for updates"),
    footer=_lines("""
        Copyright 2026 City of Leeds. All rights reserved.
        © 2026 Bright Bikes Ltd
        Registered charity number 555012. All rights reserved.
    """),
    footer_links=_names("Imprint, Privacy policy, Terms of use, Cookies, Sitemap, Accessibility, Careers, Press"),
    units=["euros", "GBP", "cents", "kg", "minutes", "€", "cm"],
)
GERMAN = Language(
    sentences=_lines("""
        Die Werkstatt öffnet um acht Uhr, und wer früh kommt, bekommt einen Kaffee, während die ersten Räder aufgebockt werden.
        Bringen Sie bitte den Ausweis mit.
        Wir antworten innerhalb von zwei Werktagen und rufen an, bevor wir etwas tun, das mehr kostet als vereinbart.
        Jede Gruppe hat einen eigenen Führer, der die Wege am Fluss kennt und das Wetter, das im Herbst über die Hügel kommt.
        Die alte Mühle wurde nach der Flut von 1953 wieder aufgebaut und mahlt seitdem das Mehl von drei Dörfern.
        Mitglieder zahlen die Hälfte, Kinder unter zehn Jahren nichts.
        Den Teig rühren, bis er nicht mehr an der Schüssel klebt, mit einem Tuch abdecken und eine Stunde ruhen lassen.
        Im Winter ist die obere Straße gesperrt.
        Alle Zimmer haben einen Tisch, eine Lampe und einen Blick in den Garten oder in den Hof, wo es nachts ruhig ist.
        Einstellungen, die hier nicht genannt sind, behalten die Werte, die sie vor der Aktualisierung hatten.
    """),
    items=_names(
        "Ersatzschlüssel, Tageskarte, Rote Linsen, Montag bis Freitag, Bremsbeläge, Große Kiste, Erwachsene, Studierende,"
        " Großer Saal, Abendkurs, Zwei Möhren, Kupferdraht, Höchste Länge, Ersatzbatterie, Regal aus Eiche, Erster Stock"
    ),
    headings=_names(
        "Gebühren, Öffnungszeiten, Zutaten, Zubereitung, Preise, Anfahrt, Beispiel, Fehler, Begriffe, Fragen, Kontakt,"
        " Übersicht, Größen, Lieferung, Fahrplan, Unsere Werkstatt"
    ),
    questions=_lines("""
        Wo ist der Aufzug?
        Darf ich einen Hund mitbringen?
        Wie lange dauert es?
        Kann ich mit Karte zahlen?
    """),
    nav=_names("Startseite, Aktuelles, Über uns, Kontakt, Laden, Termine, Leistungen, Anmelden, Suche"),
    titles=_lines("""
        Fähre nach dem Sturm wieder verspätet
        Zehn Spaziergänge für einen Sonntag im Regen
        Wie wir die alte Mühle aufgebaut haben
        Das beste Brot im Tal
    """),
    afterwards=_names("Ähnliche Artikel, Weitere Beiträge, Meistgelesen, Das könnte Sie auch interessieren"),
    newsletter=_names("Newsletter abonnieren, Nichts mehr verpassen"),
    footer=_lines("""
        © 2026 Stadt Leer. Alle Rechte vorbehalten.
        Copyright 2026 Radhaus GmbH
    """),
    footer_links=_names("Impressum, Datenschutz, AGB, Barrierefreiheit, Presse, Stellenangebote"),
    units=["Euro", "€", "kg", "Minuten", "cm"],
)
FRENCH = Language(
    sentences=_lines("""
        L’atelier ouvre à huit heures du matin, et ceux qui arrivent tôt prennent un café pendant que l’on monte les premiers vélos.
        Apportez votre carte.
        Nous répondons en deux jours ouvrables, et nous appelons avant de faire quoi que ce soit qui coûte plus que prévu.
        Le vieux moulin a été reconstruit après l’inondation de 1953 et moud depuis la farine de trois villages.
        Les membres paient la moitié, les enfants de moins de dix ans rien du tout.
        Mélangez la pâte jusqu’à ce qu’elle ne colle plus, couvrez-la d’un linge et laissez-la reposer une heure.
        En hiver, la route du haut est fermée.
        Toutes les chambres ont une table, une lampe et une vue sur le jardin ou sur la cour, où les nuits sont calmes.
    """),
    items=_names(
        "Clé de rechange, Billet journalier, Lentilles rouges, Du lundi au vendredi, Plaquettes de frein, Adultes,"
        " Étudiants, Grande salle, Cours du soir, Deux carottes, Fil de cuivre, Longueur maximale, Premier étage"
    ),
    headings=_names(
        "Tarifs, Horaires, Ingrédients, Préparation, Accès, Exemple, Erreurs, Questions, Coordonnées, Tailles, Livraison"
    ),
    questions=_lines("""
        Où est l’ascenseur ?
        Puis-je venir avec un chien ?
        Combien de temps faut-il ?
    """),
    nav=_names("Accueil, Actualités, À propos, Contact, Boutique, Agenda, Services, Connexion"),
    titles=_lines("""
        Le ferry encore en retard après la tempête
        Dix promenades pour un dimanche de pluie
        Le meilleur pain de la vallée
    """),
    afterwards=_names("Articles similaires, À lire aussi, Les plus lus"),
    newsletter=_names("Abonnez-vous à la lettre, Ne manquez rien"),
    footer=_lines("""
        © 2026 Ville de Lille. Tous droits réservés.
        Copyright 2026 Vélos du Nord
    """),
    footer_links=_names("Mentions légales, Confidentialité, Plan du site, Presse"),
    units=["euros", "€", "kg", "minutes", "cm"],
)
SPANISH = Language(
    sentences=_lines("""
        El taller abre a las ocho de la mañana, y quien llega temprano toma un café mientras se suben las primeras bicicletas.
        Traiga la tarjeta.
        Respondemos en dos días laborables y llamamos antes de hacer nada que cueste más de lo acordado.
        El viejo molino se reconstruyó después de la inundación de 1953 y muele desde entonces la harina de tres pueblos.
        Los socios pagan la mitad, los niños menores de diez años nada.
        Mezcle la masa hasta que no se pegue, cúbrala con un paño y déjela reposar una hora.
        En invierno la carretera de arriba está cerrada.
        Todas las habitaciones tienen mesa, lámpara y vistas al jardín o al patio, donde las noches son tranquilas.
    """),
    items=_names(
        "Llave de repuesto, Billete de un día, Lentejas rojas, De lunes a viernes, Pastillas de freno, Adultos,"
        " Estudiantes, Sala grande, Curso de tarde, Dos zanahorias, Hilo de cobre, Longitud máxima, Primer piso"
    ),
    headings=_names(
        "Precios, Horario, Ingredientes, Preparación, Cómo llegar, Ejemplo, Errores, Preguntas, Contacto, Tallas, Envío"
    ),
    questions=_lines("""
        ¿Dónde está el ascensor?
        ¿Puedo llevar a mi perro?
        ¿Cuánto tiempo tarda?
    """),
    nav=_names("Inicio, Noticias, Quiénes somos, Contacto, Tienda, Agenda, Servicios, Entrar"),
    titles=_lines("""
        El ferry vuelve a llegar tarde por el temporal
        Diez paseos para un domingo de lluvia
        El mejor pan del valle
    """),
    afterwards=_names("Artículos relacionados, También te puede interesar, Lo más leído"),
    newsletter=_names("Suscríbete al boletín, No te pierdas nada"),
    footer=_lines("""
        © 2026 Ayuntamiento de León. Todos los derechos reservados.
        Copyright 2026 Bicis del Norte
    """),
    footer_links=_names("Aviso legal, Privacidad, Mapa del sitio, Prensa"),
    units=["euros", "€", "kg", "minutos", "cm"],
)
RUSSIAN = Language(
    sentences=_lines("""
        Мастерская открывается в восемь утра, и тот, кто приходит рано, пьёт кофе, пока первые велосипеды ставят на стойки.
        Возьмите с собой карту.
        Мы отвечаем в течение двух рабочих дней и звоним, прежде чем делать что-либо дороже, чем было условлено.
        Старую мельницу восстановили после наводнения 1953 года, и с тех пор она мелет муку для трёх деревень.
        Члены клуба платят половину, дети до десяти лет не платят ничего.
        Зимой верхняя дорога закрыта.
        Во всех комнатах есть стол, лампа и вид на сад или во двор, где ночью тихо.
    """),
    items=_names(
        "Запасной ключ, Билет на день, Красная чечевица, С понедельника по пятницу, Тормозные колодки, Взрослые,"
        " Студенты, Большой зал, Вечерний курс, Две моркови, Медная проволока, Первый этаж"
    ),
    headings=_names("Цены, Часы работы, Состав, Приготовление, Как добраться, Пример, Ошибки, Вопросы, Контакты, Размеры"),
    questions=_lines("""
        Где находится лифт?
        Можно ли прийти с собакой?
        Сколько времени это занимает?
    """),
    nav=_names("Главная, Новости, О нас, Контакты, Магазин, Услуги, Войти"),
    titles=_lines("""
        Паром снова опоздал из-за шторма
        Десять прогулок для дождливого воскресенья
        Лучший хлеб долины
    """),
    afterwards=_names("Похожие статьи, Читайте также, Самое читаемое"),
    newsletter=_names("Подпишитесь на рассылку, Не пропустите новое"),
    footer=_lines("""
        © 2026 Город Псков. Все права защищены.
        Copyright 2026 Веломир
    """),
    footer_links=_names("Конфиденциальность, Карта сайта, Условия, Вакансии"),
    units=["рублей", "₽", "кг", "минут", "см"],
)
ARABIC = Language(
    sentences=_lines("""
        تفتح الورشة في الثامنة صباحا، ومن يصل مبكرا يشرب القهوة بينما توضع الدراجات الأولى على الحوامل.
        أحضر البطاقة معك.
        نجيب خلال يومي عمل، ونتصل بك قبل أن نفعل أي شيء يكلف أكثر مما اتفقنا عليه.
        أعيد بناء الطاحونة القديمة بعد فيضان عام 1953 وهي تطحن منذ ذلك الحين دقيق ثلاث قرى.
        يدفع الأعضاء النصف، ولا يدفع الأطفال دون العاشرة شيئا.
        في الشتاء يغلق الطريق الأعلى.
    """),
    items=_lines("""
        مفتاح بديل
        تذكرة يوم
        عدس أحمر
        من الأحد إلى الخميس
        البالغون
        الطلاب
        القاعة الكبرى
        الطابق الأول
    """),
    headings=_lines("""
        الأسعار
        ساعات العمل
        المكونات
        الخطوات
        كيف تصل إلينا
        أسئلة
        اتصل بنا
    """),
    questions=_lines("""
        أين المصعد؟
        هل يمكنني الدفع بالبطاقة؟
        كم يستغرق ذلك؟
    """),
    nav=_lines("""
        الرئيسية
        الأخبار
        من نحن
        اتصل بنا
        المتجر
        الخدمات
    """),
    titles=_lines("""
        العبارة تتأخر مرة أخرى بعد العاصفة
        عشر نزهات ليوم ممطر
        أفضل خبز في الوادي
    """),
    afterwards=_lines("""
        مقالات ذات صلة
        اقرأ أيضا
        الأكثر قراءة
    """),
    newsletter=["اشترك في النشرة"],
    footer=_lines("""
        © 2026 بلدية نابلس. جميع الحقوق محفوظة.
        Copyright 2026 دراجات الشمال
    """),
    footer_links=_lines("""
        سياسة الخصوصية
        خريطة الموقع
        الشروط
    """),
    units=["دينار", "كغ", "دقيقة"],
)
CHINESE = Language(
    sentences=_lines("""
        工坊早上八点开门，来得早的人可以喝杯咖啡，等第一批自行车架上台子。
        请带上您的卡。
        我们在两个工作日内答复，凡是费用超出约定的事情，都会先打电话给您。
        老磨坊在一九五三年洪水之后重建，从那时起为三个村庄磨面粉。
        会员半价，十岁以下儿童免费。
        冬天上面的路不通。
        所有房间都有书桌和台灯，可以看到花园或庭院，夜里很安静。
        和面直到不粘碗，盖上布，在温暖的地方放一个小时。
    """),
    items=_names("备用钥匙, 一日票, 红扁豆, 周一至周五, 刹车片, 成人, 学生, 大厅, 夜校课程, 两根胡萝卜, 铜线, 一楼"),
    headings=_names("价格, 开放时间, 配料, 做法, 交通, 示例, 错误代码, 问题, 联系方式, 尺寸"),
    questions=_lines("""
        电梯在哪里？
        可以带狗吗？
        需要多长时间？
    """),
    nav=_names("首页, 新闻, 关于我们, 联系, 商店, 服务, 登录"),
    titles=_lines("""
        暴风雨后渡轮再次晚点
        雨天的十条散步路线
        山谷里最好的面包
    """),
    afterwards=_names("相关文章, 猜你喜欢, 热门阅读"),
    newsletter=_names("订阅我们的通讯"),
    footer=_lines("""
        © 2026 某市图书馆 版权所有
        Copyright 2026 北方单车
    """),
    footer_links=_names("隐私政策, 网站地图, 使用条款"),
    units=["元", "公斤", "分钟"],
    blank="",
)
# English pages are the most, here as elsewhere.
LANGUAGES = [ENGLISH, ENGLISH, ENGLISH, GERMAN, FRENCH, SPANISH, RUSSIAN, ARABIC, CHINESE]
