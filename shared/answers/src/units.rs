//! Units of measure and currencies: which words and signs mean the same one.

/// Units: a row is one unit, its spellings folded. Only what follows a number is a unit.
const UNITS: &[&str] = &[
    "% percent pct prozent ٪ بالمايه بالميه بالمائه بالمئه प्रतिशत אחוז אחוזים процентов",
    "km kms kilometre kilometres kilometer kilometers kilometro kilometros kilometern كيلومتر كيلومترا كيلومترات किलोमीटर किमी קילומטר ק\"מ км",
    "m metre metres meter meters metro metros metern متر مترا امتار मीटर מטר מטרים м",
    "cm centimetre centimetres centimeter centimeters centimetro centimetros zentimeter سم سنتيمتر סנטימטר ס\"מ см",
    "mm millimetre millimetres millimeter millimeters milimetro milimetros ملم мм",
    "mi mile miles milla millas meile meilen ميل اميال मील",
    "ft foot feet pie pies fuss قدم اقدام",
    "in inch inches pulgada pulgadas zoll بوصه",
    "yd yard yards yarda yardas ياردات يارده",
    "kg kilogram kilograms kilogramme kilogrammes kilo kilos kilogramo kilogramos kilogramm كيلوغرام كيلوجرام किलोग्राम किलो קילוגרם ק\"ג кг",
    "g gram grams gramme gramo gramos gramm غرام جرام ग्राम גרם г",
    "mg milligram milligrams miligramo miligramos milligramm",
    "lb lbs pound pounds libra libras رطل",
    "t tonne tonnes tonelada toneladas tonnen طن اطنان",
    "ton tons",
    "l litre litres liter liters litro litros لتر लीटर ליטר",
    "ml millilitre millilitres milliliter milliliters mililitro mililitros",
    "°c celsius",
    "°f fahrenheit",
    "k kelvin",
    "h hr hrs hour hours hora horas stunde stunden ساعه ساعات घंटे שעות שעה час часов",
    "min mins minute minutes minuto minutos minuten دقيقه دقائق मिनट דקות דקה минут",
    "s sec second seconds segundo segundos sekunde sekunden ثانيه ثوان सेकंड שניות",
    "day days dia dias tag tage tagen يوم يوما ايام दिन ימים יום день дней",
    "week weeks semana semanas woche wochen اسبوع اسابيع सप्ताह שבועות",
    "month months mes meses monat monate monaten شهر اشهر महीने חודשים",
    "year years yr yrs ano anos jahr jahre jahren سنه سنوات عام عاما اعوام साल वर्ष שנים שנה лет год года",
    "$ usd dollar dollars dolar dolares دولار دولارا डॉलर דולר долларов",
    "€ eur euro euros يورو यूरो אירו евро",
    "£ gbp",
    "¥ yen jpy",
    "₹ inr rupee rupees रुपये रुपए",
    "w watt watts vatios",
    "kw kilowatt kilowatts kilovatios",
    "mw megawatt megawatts megavatios",
    "v volt volts voltios",
    "hz hertz",
    "mb megabyte megabytes",
    "gb gigabyte gigabytes",
    "kb kilobyte kilobytes",
    "tb terabyte terabytes",
    "ha hectare hectares hectarea hectareas hektar",
    "acre acres",
    "km2 km²",
    "m2 m²",
    "mph",
    "kmh km/h",
];

/// The number of the unit that a folded word is.
pub(crate) fn unit(folded: &str) -> Option<u8> {
    (0u8..)
        .zip(UNITS)
        .find_map(|(number, row)| row.split(' ').any(|word| word == folded).then_some(number))
}
