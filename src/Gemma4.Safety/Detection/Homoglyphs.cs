using System.Collections.Frozen;
using System.Text;

namespace Gemma4.Safety.Detection;

/// <summary>Lower-case letters of other alphabets that readers take for Latin ones.</summary>
internal static class Homoglyphs
{
    // Pairs of a look-alike and the Latin letter it imitates: Cyrillic, Greek, Armenian, Cherokee-like and Latin extensions.
    private const string Pairs =
        "аaвbсcԁdеeѐeёeғfһhнhіiїiјjкkӏlмmпnոnоoрpԛqгrѕsтtцuѵvԝwхxуyүyзz"
        + "αaβbϲcεeηnγyιiκkνvοoρpσoτtυuχxωwμu"
        + "ոnօoսuցgհhքpեtզqօoյjւi"
        + "ıiłløođdħhŧtſsɑaɡgɩiɪiʀrʟlɴnʏyʜhᴀaᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜuᴠvᴡwᴢzæaœoþpðd"
        + "ꓐbꓑpꓓdꓔtꓖgꓗkꓙjꓚcꓜzꓝfꓟmꓠnꓡlꓢsꓣrꓦvꓧhꓪwꓫxꓬyꓮaꓰeꓲiꓳoꓴu";

    private static readonly FrozenDictionary<int, char> Latin = Read();

    public static bool TryGetLatin(Rune lower, out char latin) => Latin.TryGetValue(lower.Value, out latin);

    private static FrozenDictionary<int, char> Read()
    {
        var map = new Dictionary<int, char>();
        for (var index = 0; index + 1 < Pairs.Length; index += 2)
        {
            map.TryAdd(Pairs[index], Pairs[index + 1]);
        }

        return map.ToFrozenDictionary();
    }
}
