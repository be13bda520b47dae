"""Keys and passwords: tokens whose prefix says whose they are, and what stands behind a word for one.

Prefixes are those that the issuers document: AWS (AKIA, ASIA), GitHub (ghp_ and others), OpenAI and Anthropic (sk-),
Slack (xox), Google (AIza) and JSON Web Tokens (RFC 7519).
"""

import re
import string
from random import Random

from pipelines.privacy.kind import Found, Kind

_END = r"(?![0-9A-Za-z_-])"


def _token(prefix: str, rest: str) -> re.Pattern[str]:
    """Begins with the prefix, so that the engine skips to it; what stands before is looked at afterwards."""
    width = len(re.sub(r"\[[^]]*\]", "x", prefix))
    return re.compile(rf"{prefix}(?<![0-9A-Za-z_-].{{{width}}}){rest}")


_TOKENS = (
    _token("A[KS]IA", f"[0-9A-Z]{{16}}{_END}"),
    _token("gh[pousr]_", f"[0-9A-Za-z]{{20,251}}{_END}"),
    _token("github_pat_", f"[0-9A-Za-z_]{{20,244}}{_END}"),
    _token("sk-", f"(?=[A-Za-z_-]{{0,40}}[0-9])[0-9A-Za-z_-]{{20,200}}{_END}"),
    _token("xox[abeoprs]-", f"(?=[A-Za-z-]{{0,20}}[0-9])[0-9A-Za-z-]{{10,200}}{_END}"),
    _token("AIza", f"[0-9A-Za-z_-]{{35}}{_END}"),
    _token("eyJ", r"[0-9A-Za-z_-]{8,120}\.eyJ[0-9A-Za-z_-]{8,200}(?:\.[0-9A-Za-z_-]{0,100})?"),
)

_KEY = re.compile(
    r"(?:_[Kk](?:ey|EY)|_KEY|_[Ss]ecret|_SECRET|_[Tt]oken|_TOKEN|API ?[Kk]ey|API KEY|apiKey|Bearer|인증 ?키|비밀 ?키"
    r"|API ?키|Secret [Kk]ey)"
    r"['\"]?(?:(?:[는은]|(?<=키))[ :=]{0,3}|(?: is)?[ :=]{1,3})['\"]?(?:[가-힣]{1,2}[는은])?\Z"
)
_PASSWORD = re.compile(
    r"(?:(?<![A-Za-z])(?:[Pp]assword|PASSWORD|[Pp]asswd|PASSWD|[Pp]asscode|[Pp]assphrase|[Pp]wd|PWD|PW(?=[ :]))"
    r"|_(?:[Pp]assword|PASSWORD|passwd|PASSWD|pwd|PWD)"
    r"|비밀 ?번호|비번|패스워드|암호)"
    r"['\"]?(?:(?:[는은]|를|가|이)?(?: ?[:=] ?| )['\"]?| is:? ['\"]?|['\"]?[:=] ?['\"]?"
    r"|[는은]|(?<=비번)|(?<=번호)|(?<=패스워드))\Z"
)
_CODE = re.compile(
    r"(?:인증 ?번호|인증 ?코드|(?<![A-Za-z])OTP|[Vv]erification [Cc]ode)"
    r"(?:[는은]| is)?[ :]{0,2}\[?\Z"
)
_CODE_VALUE = re.compile("[0-9]{4,8}")
_PASSWORD_SYMBOL = re.compile("[0-9!@#$%^&*+~?]")
_PLAIN = re.compile(r"[A-Za-z]+[!?.*]*|[*xX.?•#-]+|[$%].*|.*[/\\].*|(?i:true|false|null|none)")
_OTHER_NUMBER = re.compile(
    r"(?:19|20)[0-9]{2}[-./][0-9]{1,2}(?:[-./][0-9]{1,2})?|[0-9]{2,4}-[0-9]{3,4}(?:-[0-9]{4})?|[0-9]{1,3}(?:,[0-9]{3})+"
    r"|[0-9]+(?:[~-][0-9]*|st|nd|rd|th|px|%|\.[0-9]+)"
)
_RANGE_AFTER = re.compile(
    r" ?(?:자리|글자|자 |자리수|번째|번 |회|characters|chars|digits|letters|times|days|or more|[~(\[])"
)
_KEY_LENGTH = 12


def _check(found: Found) -> float:
    value = found.value
    if any(token.fullmatch(value) for token in _TOKENS):
        return 1.0
    if _CODE.search(found.before):
        return (
            0.9 if _CODE_VALUE.fullmatch(value) and not found.counted and not _RANGE_AFTER.match(found.after) else 0.0
        )
    if found.counted or _RANGE_AFTER.match(found.after) or _OTHER_NUMBER.fullmatch(value) or _PLAIN.fullmatch(value):
        return 0.0
    if _KEY.search(found.before):
        mixed = re.search("[0-9]", value) and re.search("[A-Za-z]", value)
        return found.confidence(checked=False) if mixed and len(value) >= _KEY_LENGTH else 0.0
    if _PASSWORD.search(found.before) and _PASSWORD_SYMBOL.search(value):
        return found.confidence(checked=False)
    return 0.0


def _draw(random: Random) -> str:
    def letters(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return "".join(random.choices(alphabet, k=count))

    word = random.choice(("hong", "Blue", "seoul", "tiger")) + str(random.randint(10, 9999)) + random.choice("!@#$")
    return random.choice(
        (
            f"AKIA{letters(16, string.ascii_uppercase + string.digits)}",
            f"ghp_{letters(36)}",
            f"sk-{letters(47)}7",
            f"AIza{letters(35)}",
            f"eyJhbGciOiJIUzI1NiJ9.eyJ{letters(30)}.{letters(43)}",
            f"비밀번호는 {word}",
            f"비번 {word}",
            f"password: {word}",
            f"passwd={word}",
            f'api_key = "{letters(30)}1a"',
            f"인증키 {letters(30)}1a",
            f"인증번호 {random.randint(0, 999_999):06}",
        )
    )


KIND = Kind(
    name="secret",
    patterns=(
        *_TOKENS,
        # A digit or symbol in it, and no quotation mark or bracket; it ends before the punctuation of the sentence.
        re.compile(
            r"[!#-&*-;=?-Z^-z|~](?<=[:=는은이가를호번드키\[ '\"PY].)(?=[!#-&*-;=?-Z^-z|~]{0,126}[0-9!#-&*+?@^~])"
            r"[!#-&*-;=?-Z^-z|~]{2,126}[!#-&*+/-9=?-Z^-z|~](?=[.,;:]{0,3}(?:[\s'\"<>()\[\]{}]|\Z|[^\x00-\x7f]))"
        ),
    ),
    check=_check,
    reach=310,
    literals=(
        *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "_pat_", "k-", "xox", "AIza", ".eyJ"),
        *("password", "Password", "PASSWORD", "passwd", "Passwd", "PASSWD", "passcode", "Passcode", "passphrase"),
        *("Passphrase", "pwd", "Pwd", "PWD", "PW ", "PW:", "비밀번호", "비밀 번호", "비번", "패스워드", "암호"),
        *("_key", "_Key", "_KEY", "_secret", "_Secret", "_SECRET", "_token", "_Token", "_TOKEN", "API", "piKey"),
        *(
            "Bearer ",
            "비밀키",
            "비밀 키",
            "인증키",
            "인증 키",
            "인증번호",
            "인증 번호",
            "인증코드",
            "인증 코드",
            "Secret ",
        ),
        *("OTP", "verification", "Verification"),
    ),
    cues=(
        "비밀번호",
        "비번",
        "패스워드",
        "인증키",
        "인증번호",
        "password",
        "passwd",
        "api_key",
        "api key",
        "secret key",
    ),
    examples=(
        "키는 «AKIAIOSFODNN7EXAMPLE»이다",
        "«ghp_16C7e42F292c6912E7710c838347Ae178B4a»로",
        "«github_pat_11AAAAAAA0abcdefghijkl_mnopqrstuvwxyz0123456789»",
        "«sk-proj-abcdefghij0123456789ABCDEFGHIJ»입니다",
        "«xoxb-123456789012-abcdefABCDEF»",
        "key=«AIzaSyA1234567890abcdefghijklmnopqrstuv»",
        "Bearer «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U»",
        "비밀번호는 «hong1234!»입니다",
        "비번 «gildong77»로 들어가세요",
        "password: «Tr0ub4dor&3».",
        "The password is «tiger2019!»",
        "passwd=«s3cret99»",
        'api_key = "«0f9a8b7c6d5e4f3a2b1c0d9e»"',
        "인증키 «0f9a8b7c6d5e4f3a2b1c0d9e»로 호출",
        "인증번호 «123456»을 입력",
        "인증번호는 [«482910»]입니다",
        "Your verification code is «482910».",
        "비밀번호: «１２３４»입니다",
        "비번«tiger6088#»로",
        "비밀번호는«Blue7659$» 여기요",
        "인증키«3p6yzP5NKTNh7IdaNE9Wb1jTIf09kK1a»",
    ),
    traps=(
        "비밀번호는 잊어버렸다",
        "비밀번호는 4자리입니다",
        "비밀번호는 1234자리",
        "비밀번호 2019년에 바꿨다",
        "비밀번호: 8~16자",
        "비밀번호 변경 2019-01-02",
        "password is required",
        "password: none",
        "password: string",
        "password: ********",
        "password=${PASSWORD}",
        'password = os.getenv("DB_PASSWORD")',
        "password must have 8 characters",
        "api_key = None",
        "API 2.0 is out",
        "인증번호 6자리",
        "인증번호를 받지 못했다",
        "sk-learn",
        "sk-abcdefghijklmnopqrstuvwxyz",
        "인증키를 발급",
        "비번 없음",
        "비번8자리로",
        "비밀번호8~16자",
        "암호AES256",
        "비밀번호010-1234-5678",
        "비밀번호 문의 1588-1234",
    ),
    draw=_draw,
)
