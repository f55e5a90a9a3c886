using System.Collections.Frozen;

namespace Gemma4.Safety.Detection.Injection;

/// <summary>Words and word beginnings by class, in the languages that attacks come in. A star stands for any ending.</summary>
internal static class InjectionLexicon
{
    private const int ShortestStem = 4;
    private const int LongestStem = 12;

    private static readonly (WordClass Class, string Words)[] Words =
    [
        (WordClass.Ignore, "ignor* disregard* forget overlook overrid* override discard* neglect abandon drop bypass skip unlearn erase "
            + "vergiss vergessen ignoriere* missachte* verwirf überspring* olvida* olvide* ignora* descarta* oubli* ignorez négligez dimentica* "
            + "trascura* esqueça* esqueca* esquece desconsider* vergeet negeer* zapomnij zignoruj pomiń забудь* игнорируй* проигнорируй* zaboravi* unut glöm ignorera"),
        (WordClass.Earlier, "previous* prior above preceding earlier former foregoing before past existing original initial "
            + "vorherig* obig* bisherig* vorangehend* vorangegangen* vorig* früher* zuvor davor oben anterior* previa* previas previos précédent* antérieur* ci-dessus dessus "
            + "precedent* sopra acima prévi* previs* eerder* vorige bovenstaand* poprzedni* powyższ* предыдущ* выше прежн* прошлы* prethodn* önceki tidigare föregående"),
        (WordClass.Orders, "instruction* command* order orders direction* directive* rule* prompt* guideline* guidance task tasks assignment* context constraint* programming information conversation training "
            + "anweisung* befehl* aufgabe* aufträge* regel* instruktion* vorgaben angaben richtlinien instruccion* orden* órdenes reglas indicacion* consigne* instruction* règle* ordre* directive* "
            + "istruzion* regole ordini comandi indicazioni instruç* instruc* regras ordens diretrizes instructie* opdracht* regels instrukcj* poleceni* zasad* инструкци* указани* правил* команд* instrukcije talimat* instruktion*"),
        (WordClass.Reveal, "reveal* print show display output repeat tell expose disclose leak dump share recite quote translate summarize write list give verbatim echo return "
            + "zeig* gib nenne wiederhol* verrate* drucke muestra* muéstrame revela* imprime repite dime montre* affiche* révèle* répète* mostra* rivela* stampa ripeti mostre repita toon onthul herhaal pokaż ujawnij покажи* раскрой* повтори* выведи*"),
        (WordClass.Hidden, "system hidden secret initial original internal confidential developer full entire complete exact sistema système systeme sistem systemowy системн* скрыт* versteckt* geheim* gesamt* vollständig* ocult* secret* cach* nascost* completo"),
        (WordClass.Prompt, "prompt prompts prompttext* instruction* preprompt pre-prompt metaprompt anweisung* instruccion* consignes istruzion* instruç* instructies instrukcj* промпт* инструкци*"),
        (WordClass.All, "all everything every any anything alle alles todo todas todos tout toutes tous tutto tutte tutti tudo alles wszystk* все всё всех sve"),
        (WordClass.New, "new additional updated following further neue* neuen nuev* nouve* nuov* nov* nieuwe nowe новы* новая folgende* siguiente* suivant*"),
        (WordClass.Your, "your you deine* dein ihre* tu tus su sus votre vos ton tes tuo tua tue suo seu sua suas je jouw uw twoje твои твой свои ваш*"),
        (WordClass.Limits, "restriction* filter* limitation* guideline* rule* policy policies safeguard* censorship ethic* moral* boundaries guardrail* einschränkung* filter beschränkung* restriccion* limitacion* filtre* limites restrizion* filtri restriç* beperking* ogranicze* ограничени*"),
        (WordClass.Without, "without no bypass disable remove ignore break unrestricted free ohne sin sans senza sem zonder bez без disregard"),
    ];

    private static readonly FrozenDictionary<string, WordClass> Exact;
    private static readonly FrozenDictionary<string, WordClass> Stems;

    static InjectionLexicon()
    {
        var exact = new Dictionary<string, WordClass>();
        var stems = new Dictionary<string, WordClass>();
        foreach (var (kind, words) in Words)
        {
            foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var target = word.EndsWith('*') ? stems : exact;
                var key = TextFolding.Fold(word.TrimEnd('*')).Text;
                target[key] = target.GetValueOrDefault(key) | kind;
            }
        }

        Exact = exact.ToFrozenDictionary();
        Stems = stems.ToFrozenDictionary();
    }

    /// <summary>The classes of a folded word.</summary>
    public static WordClass Classify(ReadOnlySpan<char> word)
    {
        Exact.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var kinds);
        var stems = Stems.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var length = Math.Min(ShortestStem - 1, word.Length); length <= Math.Min(word.Length, LongestStem); length++)
        {
            if (stems.TryGetValue(word[..length], out var stemKinds))
            {
                kinds |= stemKinds;
            }
        }

        return kinds;
    }
}
