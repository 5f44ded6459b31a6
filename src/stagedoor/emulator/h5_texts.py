"""The words of the simulated face-check page in its three languages."""

from msgspec import Struct


class Texts(Struct, frozen=True, kw_only=True):
    lang: str
    title: str
    watermark: str
    explain: str
    seconds_left: str
    passed: str
    failed: str
    cancelled: str
    expired_title: str
    expired: str
    used_title: str
    used: str
    unknown_title: str
    unknown: str


ZH = Texts(
    lang="zh-CN",
    title="真人认证",
    watermark="模拟页面 · 非真实认证",
    explain="这是 stagedoor 模拟器，不会打开摄像头。请选择这次认证的结果。",
    seconds_left="剩余 {} 秒",
    passed="通过",
    failed="不通过",
    cancelled="取消",
    expired_title="链接已过期",
    expired="请返回原页面，重新发起认证。",
    used_title="链接已使用",
    used="每个链接只能认证一次。如需再次认证，请重新发起。",
    unknown_title="链接无效",
    unknown="没有找到这次认证。",
)
ZH_HANT = Texts(
    lang="zh-Hant",
    title="真人認證",
    watermark="模擬頁面 · 非真實認證",
    explain="這是 stagedoor 模擬器，不會開啟相機。請選擇這次認證的結果。",
    seconds_left="剩餘 {} 秒",
    passed="通過",
    failed="不通過",
    cancelled="取消",
    expired_title="連結已過期",
    expired="請返回原頁面，重新發起認證。",
    used_title="連結已使用",
    used="每個連結只能認證一次。如需再次認證，請重新發起。",
    unknown_title="連結無效",
    unknown="找不到這次認證。",
)
EN = Texts(
    lang="en",
    title="Face check",
    watermark="Simulation · not a real check",
    explain="This is the stagedoor emulator. No camera is used. Choose how this check ends.",
    seconds_left="{} seconds left",
    passed="Pass",
    failed="Fail",
    cancelled="Cancel",
    expired_title="This link has expired",
    expired="Go back to where you came from and start again.",
    used_title="This link has been used",
    used="A link is good for one check. Start again for another one.",
    unknown_title="This link leads nowhere",
    unknown="There is no such check.",
)
LANGUAGES = {"zh": ZH, "zh-Hant": ZH_HANT, "en": EN}


def texts_for(lng: str) -> Texts:
    """Return the texts of a language; anything unknown reads as ``zh``, as on the real page."""
    return LANGUAGES.get(lng, ZH)
