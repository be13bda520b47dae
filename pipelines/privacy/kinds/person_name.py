"""Name of a person, Korean or English: found by a classifier (``pipelines.privacy.names``), not by patterns."""

from random import Random

from pipelines.privacy.kind import Found, Kind

_SURNAMES = "김이박최정강조윤임오서권황안송홍유"
_GIVEN = (
    "민준",
    "서연",
    "지훈",
    "영희",
    "수진",
    "현우",
    "은정",
    "태윤",
    "하윤",
    "정호",
    "미경",
    "상훈",
    "혜진",
    "동욱",
)
_ENGLISH = ("Mr. Thomas {}", "Dr. Helen {}", "Mrs. Karen {}", "Dear Mr. Robert {}", "Prof. Susan {}")
_FAMILY = ("Miller", "Johnson", "Peterson", "Wilson", "Harris", "Robinson", "Mitchell", "Campbell", "Anderson")
_TITLES = ("씨", "교수", "대표", "기자", "변호사", "과장")


def _check(found: Found) -> float:
    return 0.0


def _draw(random: Random) -> str:
    if random.random() < 0.2:
        return random.choice(_ENGLISH).format(random.choice(_FAMILY))
    name = random.choice(_SURNAMES) + random.choice(_GIVEN)
    return random.choice((f"이름: {name}", f"담당자 {name}", f"{name} {random.choice(_TITLES)}"))


KIND = Kind(
    name="person_name",
    patterns=(),
    check=_check,
    examples=(
        "어제 «김철수» 씨가 전화했다.",
        "«박민준»이 오늘 아침 집을 나섰다.",
        "나는 «이영희»에게 편지를 썼다.",
        "담당자: «최수진»",
        "«남궁민수» 교수는 이렇게 말했다.",
        "«정다은» 변호사를 선임했다.",
        "«김 철수» 씨는 집에 없었다.",
        "제 이름은 «강지훈»입니다.",
        "Dear Mr. «John Smith»,",
        "My name is «Mary Johnson» and I live in Boston.",
    ),
    traps=(
        "이것은 정부가 한국에서 조사한 것이다.",
        "김치는 서울에서도 먹는다.",
        "최근 고객이 신문을 보았다.",
        "유일한 방법은 이해하는 것이다.",
        "한국이 일본을 이겼다.",
        "정부는 조사를 시작했다.",
        "이번 주말에 주문한 상품이 왔다.",
        "전화로 문의하세요.",
        "지금 하나도 안 남았다.",
        "문제는 시간이 없다는 것이다.",
        "고양이가 나무에 올라갔다.",
        "서울시 강남구 강동구 성북구",
        "정보를 공개하지 않았다.",
        "전체의 반이 찬성했다.",
        "방법을 배우고 있다.",
        "주로 이용하는 공간",
        "김 대리의 보고서",
        "김모 씨와 박○○ 씨, 홍*동 님",
        "이 사람은 누구인가",
        "우리나라의 문화를 소개한다.",
        "황사와 미세먼지",
        "조선은 임진왜란을 겪었다.",
        "현재 진행 중인 공사",
        "안전이 최우선이다.",
        "천천히 걸었다.",
        "The Parliament meets in Ottawa.",
        "On Monday the Supreme Court ruled.",
        "New York and Los Angeles",
        "The University of California",
    ),
    draw=_draw,
)
