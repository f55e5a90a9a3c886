using System.Collections.Frozen;

namespace Gemma4.Safety.Detection.PersonalData;

/// <summary>Which last labels make a bare word with dots a host name.</summary>
internal static class TopLevelDomains
{
    private const string Known =
        "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd cf cg ch "
        + "ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm "
        + "gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb "
        + "lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu "
        + "nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy "
        + "sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw "
        + "com org net edu gov mil int info biz name pro aero coop museum jobs mobi travel tel cat asia post xxx arpa "
        + "app dev cloud online site shop store xyz club blog tech art bank bar best bet bid bike biz build business buzz cafe camp care cash chat "
        + "church city click clinic coach codes coffee company computer consulting cool dance data date deals delivery design digital direct "
        + "directory dog download earth education email energy engineer events exchange expert express family fans farm fashion finance fit "
        + "fitness flights foundation fun fund fyi gallery games garden gift global gold golf group guide guru health help hospital host hotel "
        + "house immo inc industries ink institute insure international investments kitchen land law lawyer legal life limited link live llc "
        + "loan lol london ltd management map market marketing mba media men menu money movie network news ngo ninja nyc one ong page paris "
        + "partners parts party photo photography photos pics pictures pizza place plus press productions properties pub radio recipes red rent "
        + "rentals repair report rest restaurant review reviews rocks run sale school science security services sexy show singles ski social "
        + "software solar solutions space studio style sucks supplies supply support surf systems tax taxi team technology tennis theater tickets "
        + "tips tires today tokyo tools top tours town toys trade trading training travel university vacations ventures vet video villas vin vip "
        + "vision vote voyage watch webcam website wedding wiki win wine work works world wtf yoga zone google amazon berlin wien koeln bayern "
        + "hamburg amsterdam example test local localhost internal";

    // These end file names and member calls more often than bare host names.
    private const string Files = "py rs sh pl so md ps cc ml mm st as cat run zip java app data id do is it in to me name map page link test local internal "
        + "show join data date tools plus top one work works help report security support";

    private static readonly FrozenSet<string> All = Known.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    private static readonly FrozenSet<string> LikeFiles = Files.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsKnown(ReadOnlySpan<char> label) =>
        All.GetAlternateLookup<ReadOnlySpan<char>>().Contains(label) || label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase);

    public static bool IsAmbiguous(ReadOnlySpan<char> label) => LikeFiles.GetAlternateLookup<ReadOnlySpan<char>>().Contains(label);
}
