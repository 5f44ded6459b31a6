"""The words of the consent, in three languages. They are evidence: who changes one of them changes ``VERSION``."""

from collections.abc import Mapping

from msgspec import Struct

from stagedoor.contract.fields import Language

VERSION = "2026-11-24"


class Words(Struct, frozen=True, kw_only=True):
    """``{who}`` asks, ``{name}`` is what it is about, ``{provider}`` compares the faces, in ``{region}``."""

    asks: str
    check: str
    transfer: str
    rights: str
    other_way: str
    uses: str
    face_box: str
    purpose_box: str
    default_purpose: str
    mainland: str
    providers: Mapping[str, str]


ZH = Words(
    asks="{who}就{name}请您完成一次真人认证，并请您同意以下事项。",
    check="认证时，您用手机摄像头完成一次人脸活体检测，证明您是本人。之后{who}上传的每张肖像都会与这次认证的人脸比对，"
    "不是您本人的会被拒绝。",
    transfer="人脸检测和比对由{provider}（{region}）进行。为此，您的人脸信息（敏感个人信息）以及{who}上传的您的肖像、视频和声音会传输给它，"
    "并保存在它的可信素材库中。本页面只保存您的同意记录，不保存您的人脸图像。",
    rights="您可以不同意，也可以随时在回执页撤回同意，与同意时一样方便。撤回不影响撤回之前的处理。保存期限、查阅、更正和删除事宜，请联系{who}。",
    other_way="认证仅限年满 18 周岁的本人。如果您不愿使用人脸认证，请联系{who}询问其他方式。",
    uses="您的形象和声音将用于：",
    face_box="我单独同意：{provider}（{region}）为{who}处理我的人脸信息，用于真人认证和肖像比对，并为此接收这些信息。",
    purpose_box="我单独同意将我的肖像、视频和声音用于：{purpose}",
    default_purpose="制作我的数字形象，用于 AI 视频生成",
    mainland="中国大陆，{code}",
    providers={
        "volcengine": "火山引擎（火山方舟）",
        "byteplus": "BytePlus（ModelArk）",
        "dialect": "{host}，火山引擎或 BytePlus 素材库的代理",
        "emulator": "stagedoor 模拟器，仅供测试",
    },
)
ZH_HANT = Words(
    asks="{who}就{name}請您完成一次真人認證，並請您同意以下事項。",
    check="認證時，您用手機相機完成一次人臉活體檢測，證明您是本人。之後{who}上傳的每張肖像都會與這次認證的人臉比對，"
    "不是您本人的會被拒絕。",
    transfer="人臉檢測和比對由{provider}（{region}）進行。為此，您的人臉資訊（敏感個人資料）以及{who}上傳的您的肖像、影片和聲音會傳輸給它，"
    "並保存在它的可信素材庫中。本頁面只保存您的同意紀錄，不保存您的人臉影像。",
    rights="您可以不同意，也可以隨時在回執頁撤回同意，與同意時一樣方便。撤回不影響撤回之前的處理。保存期限、查閱、更正和刪除事宜，請聯絡{who}。",
    other_way="認證僅限年滿 18 歲的本人。如果您不願使用人臉認證，請聯絡{who}詢問其他方式。",
    uses="您的形象和聲音將用於：",
    face_box="我單獨同意：{provider}（{region}）為{who}處理我的人臉資訊，用於真人認證和肖像比對，並為此接收這些資訊。",
    purpose_box="我單獨同意將我的肖像、影片和聲音用於：{purpose}",
    default_purpose="製作我的數位形象，用於 AI 影片生成",
    mainland="中國大陸，{code}",
    providers={
        "volcengine": "火山引擎（火山方舟）",
        "byteplus": "BytePlus（ModelArk）",
        "dialect": "{host}，火山引擎或 BytePlus 素材庫的代理",
        "emulator": "stagedoor 模擬器，僅供測試",
    },
)
EN = Words(
    asks="{who} asks you to do a face check for {name}, and to agree to what follows.",
    check="In the check, your phone’s camera makes sure that a live person, you, is in front of it. Afterwards every portrait that {who} "
    "uploads is compared with the face of this check, and refused when it is not yours.",
    transfer="The check and the comparisons are made by {provider} ({region}). For this, your face data (sensitive personal data) and the "
    "portraits, videos and voice recordings of you that {who} uploads are sent to it and kept in its trusted asset library. "
    "This page keeps the record of your consent and no picture of your face.",
    rights="You are free to say no. You can take your consent back at any time on the receipt page, as easily as you gave it; what was done "
    "before stays lawful. Ask {who} how long data is kept, and to see, correct or delete it.",
    other_way="Only adults may do this, and only for themselves. If you do not want a face check, ask {who} for another way.",
    uses="Your likeness and voice will be used for:",
    face_box="I agree, separately, that {provider} ({region}) processes my face data for {who}, to check that it is me and to compare "
    "portraits with it, and that the data is sent there for this.",
    purpose_box="I agree, separately, that my portraits, videos and voice are used for: {purpose}",
    default_purpose="making a digital likeness of me for AI video generation",
    mainland="mainland China, {code}",
    providers={
        "volcengine": "Volcano Engine (Ark)",
        "byteplus": "BytePlus (ModelArk)",
        "dialect": "{host}, an agent of the asset library of Volcano Engine or BytePlus",
        "emulator": "the stagedoor emulator, for tests only",
    },
)
WORDS: Mapping[Language, Words] = {"zh": ZH, "zh-Hant": ZH_HANT, "en": EN}
