"""Handle on a social network: the name in the address of a user page, or one with a word that says where it is used."""

import re
from random import Random

from pipelines.privacy.kind import Found, Kind

_HOSTS = (
    r"(?:instagram|twitter|facebook|github|tiktok|(?<![A-Za-z0-9.-])x|(?<=www\.)x|(?<=blog\.)naver)\.com/@?"
    r"|(?<![A-Za-z0-9.-])(?:t\.me|fb\.com)/|linkedin\.com/in/|youtube\.com/(?:@|c/|user/)|threads\.net/@"
)
_HOST_BEFORE = re.compile(rf"(?:{_HOSTS})\Z", re.IGNORECASE)
_PAGES = {
    *("about", "account", "accounts", "api", "apps", "blog", "business", "careers", "contact", "developer"),
    *("developers", "direct", "events", "explore", "features", "friends", "gaming", "groups", "hashtag", "help"),
    *("home", "i", "intent", "issues", "jobs", "join", "legal", "login", "logout", "marketplace", "media"),
    *("messages", "notifications", "orgs", "p", "pages", "people", "permalink", "photo", "php", "plugins"),
    *("policies", "posts", "postlist", "postview", "pricing", "privacy", "profile", "pulls", "reel", "reels"),
    *("search", "security", "settings", "share", "sharer", "signup", "sponsors", "static", "status", "stories"),
    *("story", "support", "terms", "tos", "topics", "trending", "tv", "video", "videos", "watch", "web"),
}
"""First parts of addresses of the sites themselves."""

_SERVICES = (
    r"(?:카카오톡|카톡|텔레그램|텔레|인스타그램|인스타|트위터|페이스북|페북|디스코드|스냅챗|위챗|스카이프|틱톡|라인|깃허브|디엠"
    r"|(?<![A-Za-z])(?:KakaoTalk|Kakao|Telegram|Instagram|Insta|Twitter|Discord|Snapchat|WeChat|Skype|TikTok))"
)
_OTHER_SERVICES = "(?<![a-z])(?:telegram|instagram|insta|twitter|facebook|github|follow me|dm me|dm)"
_WORD = r" ?(?:아이디|계정|닉네임|핸들|[Ii][Dd](?![a-z])|handle|username|user name|account|user)"
_LINK = r"(?:[는은이도로]| is| at| on)?[ :=\-(]{0,3}\Z"
_NAMED = re.compile(f"(?:{_SERVICES})(?:{_WORD})?{_LINK}")
_NAMED_LOWER = re.compile(f"{_OTHER_SERVICES}(?:{_WORD})?{_LINK}")
_NAMED_TWICE = re.compile(
    rf"(?:(?:{_SERVICES}) ?(?:아이디|ID)|[카오틱]톡 ?id|(?:Kakao(?:Talk)?|Telegram)(?:{_WORD})){_LINK}"
)
_LONGEST_CUE = 32
_REST = r"(?:[A-Za-z0-9_.-]{0,38}[A-Za-z0-9_])?"
_END = r"(?![A-Za-z0-9_@])(?!\.[A-Za-z])"


def _check(found: Found) -> float:
    name, before = found.value.removeprefix("@"), found.before[-_LONGEST_CUE:]
    if before[-1:] in ("/", "@"):
        page = name.lower().partition(".")[0] in _PAGES or name.isdigit()
        return 0.9 if not page and _HOST_BEFORE.search(before) else 0.0
    if not 3 <= len(name) <= 32 or name.isdigit():
        return 0.0
    if found.value[0] == "@":
        named = _NAMED.search(before) or _NAMED_LOWER.search(before.lower())
    else:
        # A word beside the name of a network is any word, unless it has a digit or an underscore in it.
        named = _NAMED_TWICE.search(before)
    return found.confidence(checked=True) if named else 0.0


def _draw(random: Random) -> str:
    name = random.choice(("hong", "gildong", "mina", "j.park", "sunny", "blue_sky", "kim"))
    name += random.choice(("_", ".", "")) + random.choice(("dev", "daily", "x", "seoul"))
    name += str(random.randint(1, 9999))
    return random.choice(
        (
            f"https://www.instagram.com/{name}/",
            f"https://twitter.com/{name}",
            f"facebook.com/{name}",
            f"github.com/{name}",
            f"t.me/{name}",
            f"https://blog.naver.com/{name}",
            f"youtube.com/@{name}",
            f"linkedin.com/in/{name}",
            f"카톡 아이디 {name}",
            f"텔레그램 ID: {name}",
            f"인스타 @{name}",
            f"Telegram @{name}",
        )
    )


KIND = Kind(
    name="social_handle",
    patterns=(
        re.compile(rf"[A-Za-z0-9_](?<=(?:[cemnr]/|/@).){_REST}(?![A-Za-z0-9_@])"),
        re.compile(rf"@(?<![A-Za-z0-9_.@/].)[A-Za-z0-9_]{_REST}{_END}"),
        re.compile(rf"[A-Za-z0-9_](?<=[가-힣 :=(-].)(?=[A-Za-z0-9.-]{{0,38}}[0-9_]){_REST}{_END}"),
    ),
    check=_check,
    reach=72,
    literals=(".com/", ".me/", ".net/@", "@", "＠", "아이디", "ID", "톡 id", "톡id", "Kakao", "Telegram"),
    cues=(
        "카톡",
        "카카오톡",
        "텔레그램",
        "인스타",
        "트위터",
        "페이스북",
        "디스코드",
        "telegram",
        "instagram",
        "twitter",
    ),
    examples=(
        "https://www.instagram.com/«hong_gildong»/ 참고",
        "instagram.com/«hong.gildong»에서",
        "https://twitter.com/«hong_gildong»/status/12345",
        "https://x.com/«honggildong»로",
        "facebook.com/«gildong.hong»",
        "https://github.com/«gildong-hong»/malmoi",
        "t.me/«gildong99»입니다",
        "https://blog.naver.com/«gildong123»/220123456",
        "https://www.youtube.com/@«gildong»",
        "https://www.linkedin.com/in/«gildong-hong-1a2b3c»/",
        "카톡 아이디 «abc123»으로 연락",
        "카카오톡 아이디는 «hong_g77»",
        "텔레그램 ID: «gildong_77»",
        "인스타 «@hong_gildong»로 오세요",
        "디엠 «@hong.gildong»",
        "find me on Telegram «@gildong99».",
    ),
    traps=(
        "@hong_gildong",
        "문의는 @hong_gildong",
        "https://www.instagram.com/explore/tags/seoul",
        "https://twitter.com/home",
        "https://twitter.com/search?q=a",
        "https://www.youtube.com/watch?v=abcdefghijk",
        "https://github.com/features",
        "https://facebook.com/groups/12345",
        "https://example.com/hong_gildong",
        "https://netflix.com/title",
        "인스타에 올렸다",
        "카톡 2000개",
        "카톡으로 보냈다",
        "텔레그램 messenger",
        "카톡 아이디가 없다",
        "트위터 API 1.1",
        "라인 3개",
        "Instagram photo 2019",
        "@media print",
    ),
    draw=_draw,
)
