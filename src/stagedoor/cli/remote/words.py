"""What the commands say to people, in English and in Chinese."""

import os

WORDS: dict[str, tuple[str, str]] = {
    "no_client": (
        "This command needs the Python client: pip install ./client",
        "此命令需要 Python 客户端：pip install ./client",
    ),
    "no_gateway": (
        (
            "No gateway is chosen. Run `stagedoor login URL --model MODEL`, or set STAGEDOOR_BASE_URL, STAGEDOOR_API_KEY and"
            " STAGEDOOR_MODEL, or start `stagedoor dev` in this folder."
        ),
        (
            "尚未选择网关。请运行 `stagedoor login URL --model MODEL`，或设置 STAGEDOOR_BASE_URL、STAGEDOOR_API_KEY 和"
            " STAGEDOOR_MODEL，或在此文件夹中启动 `stagedoor dev`。"
        ),
    ),
    "no_sandbox": (
        "Events are made to happen in a sandbox only, and none runs here: {file} is missing. Start `stagedoor dev` in this folder.",
        "事件只能在沙盒中触发，而此处没有正在运行的沙盒：缺少 {file}。请在此文件夹中启动 `stagedoor dev`。",
    ),
    "hint_key": (
        "Run `stagedoor login` again, or set STAGEDOOR_API_KEY.",
        "请重新运行 `stagedoor login`，或设置 STAGEDOOR_API_KEY。",
    ),
    "hint_connection": ("Does the gateway run?", "网关是否正在运行？"),
    "logged_in_keyring": (
        "{url} is remembered; the key is in the system's keyring.",
        "已记住 {url}；密钥保存在系统钥匙串中。",
    ),
    "logged_in_file": (
        (
            "{url} is remembered, with its key, in {file}, which only you can read. With `pip install keyring` the key goes into"
            " the system's keyring instead."
        ),
        "已记住 {url}，密钥保存在只有您能读取的 {file} 中。安装 keyring（pip install keyring）后，密钥会改存到系统钥匙串。",
    ),
    "delete": ("Delete {what}? This cannot be undone.", "删除 {what}？此操作无法撤销。"),
    "not_deleted": ("Nothing was deleted.", "未删除任何内容。"),
    "cannot_ask": ("Say --yes to delete {what}: nobody can be asked here.", "此处无法询问，请使用 --yes 删除 {what}。"),
    "scan": ("Let the actor scan this, or send the link:", "请演员扫码，或发送此链接："),
    "open": ("Waiting for the actor to open the link", "等待演员打开链接"),
    "consented": ("The actor has agreed; the face check runs", "演员已同意，正在进行人脸核验"),
    "seconds_left": ("about {seconds} s left for it", "剩余约 {seconds} 秒"),
    "passed": ("Passed; the group is being fetched", "已通过，正在获取素材组"),
    "failed": ("Not passed; the actor can try again on the same link", "未通过，演员可用同一链接重试"),
    "completed": ("Done: the actor's group is {group}", "完成：演员的素材组为 {group}"),
    "go_on": (
        "The invitation stands. Wait for it again with: stagedoor verify --resume {invitation}",
        "邀请仍然有效。继续等待请运行：stagedoor verify --resume {invitation}",
    ),
    "name_or_resume": (
        "Give the actor's NAME, or --resume with an invitation.",
        "请给出演员名称 NAME，或用 --resume 指定邀请。",
    ),
    "files_or_table": (
        "Give FILES, or a table of them with --csv, but not both.",
        "请给出 FILES，或用 --csv 给出表格，二者只选其一。",
    ),
    "no_group": ("Say which group it goes into: --group.", "请用 --group 指定素材组。"),
    "no_table": ("{file} cannot be read as a table: {reason}", "无法将 {file} 作为表格读取：{reason}"),
    "no_columns": (
        "{file} needs a header line that names file or url.",
        "{file} 需要表头，其中要有 file 或 url 列。",
    ),
    "row_count": (
        "An import has 1 to {most} items, and these are {count}.",
        "一次导入允许 1 至 {most} 项，而这里有 {count} 项。",
    ),
    "file_or_url": ("Give a file or a url, but not both.", "请给出 file 或 url，二者只选其一。"),
    "no_group_in_row": (
        "Say which group it goes into: in the column group, or with --group.",
        "请在 group 列中或用 --group 指定素材组。",
    ),
    "long_name": ("A name has at most {most} characters.", "名称最多 {most} 个字符。"),
    "no_type": ("The type {type} is none of {types}.", "类型 {type} 无效，应为 {types} 之一。"),
    "type_unsaid": (
        "{name} does not say what it is: use the column type, or --type.",
        "无法从 {name} 得知文件类型：请填写 type 列，或使用 --type。",
    ),
    "not_begun": ("The import was stopped.", "导入已停止。"),
    "no_file": ("There is no file {file}.", "没有文件 {file}。"),
    "Processing": ("Processing", "处理中"),
    "Active": ("Active", "可用"),
    "Failed": ("Failed", "失败"),
    "listening": (
        "Events of {url} go to {target}. They are signed with {secret}. Ctrl-C ends it.",
        "{url} 的事件将转发到 {target}，签名密钥为 {secret}。按 Ctrl-C 结束。",
    ),
    "cannot_trigger": (
        "{event} cannot be made to happen. What can: {events}",
        "无法触发 {event}。可触发的事件：{events}",
    ),
    "did_not_happen": ("{event} did not happen within {seconds:g} s.", "{event} 在 {seconds:g} 秒内没有发生。"),
}


def say(key: str, **values: object) -> str:
    """Return a text in the language of the environment, with the values put in."""
    return WORDS[key][is_chinese()].format(**values)


def is_chinese() -> bool:
    """Tell whether people are spoken to in Chinese."""
    # The first that is set decides, as everywhere on such systems; ours stands before them.
    for name in ("STAGEDOOR_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if chosen := os.environ.get(name):
            return chosen.lower().startswith("zh")
    return False
