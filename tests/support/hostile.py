"""Bodies that no JSON door should let through, and what each is."""

from collections.abc import Mapping

MIB = 1_048_576


def with_unknown(value: bytes) -> bytes:
    """Return an object whose only field is one that no operation knows."""
    return b'{"x":' + value + b"}"


HOSTILE: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b" \t\r\n",
    "no_json": b"hello",
    "array": b"[]",
    "string": b'"text"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "half_an_object": b'{"model":',
    "two_objects": b"{}{}",
    "comma_at_the_end": b'{"x":1,}',
    "single_quotes": b"{'x':1}",
    "comment": b'{"x":1 /* one */}',
    "bare_key": b"{x:1}",
    "leading_zero": with_unknown(b"01"),
    "plus": with_unknown(b"+1"),
    "hexadecimal": with_unknown(b"0x10"),
    "nan": with_unknown(b"NaN"),
    "infinity": with_unknown(b"Infinity"),
    "minus_infinity": with_unknown(b"-Infinity"),
    "too_large_a_number": with_unknown(b"1e400"),
    "too_large_a_negative_number": with_unknown(b"[-1e400]"),
    "integer_of_5000_digits": with_unknown(b"9" * 5_000),
    "integer_of_a_million_digits": with_unknown(b"9" * 1_000_000),
    "same_key_twice": b'{"x":1,"x":1}',
    "same_key_in_another_spelling": b'{"x":1,"\\u0078":1}',
    "same_key_twice_deep_down": with_unknown(b'[{"a":{"b":1,"c":2,"b":3}}]'),
    "same_empty_key_twice": with_unknown(b'{"":1,"":2}'),
    "same_key_twice_beside_colons": b'{"x":":\\"::","x":"\\\\"}',
    "nul_escaped": with_unknown(b'"a\\u0000b"'),
    "nul_escaped_after_backslash": with_unknown(b'"\\\\\\u0000"'),
    "nul_in_a_key": b'{"\\u0000":1}',
    "nul_raw": with_unknown(b'"\x00"'),
    "control_character": with_unknown(b'"\n"'),
    "lone_high_surrogate": with_unknown(b'"\\ud800"'),
    "lone_low_surrogate": with_unknown(b'"\\udfff"'),
    "lone_surrogate_in_a_key": b'{"\\ud800":1}',
    "surrogates_the_wrong_way_round": with_unknown(b'"\\udc00\\ud800"'),
    "surrogate_in_utf_8": with_unknown(b'"\xed\xa0\x80"'),
    "invalid_utf_8": with_unknown(b'"\xff"'),
    "invalid_utf_8_in_a_key": b'{"\xc3":1}',
    "overlong_utf_8": with_unknown(b'"\xc0\xaf"'),
    "cut_utf_8": with_unknown(b'"\xe4\xbd"'),
    "gbk": '{"x":"中文"}'.encode("gbk"),
    "bom": b'\xef\xbb\xbf{"x":1}',
    "utf_16": '{"x":1}'.encode("utf-16"),
    "utf_16_without_bom": '{"x":1}'.encode("utf-16-be"),
    "utf_32": '{"x":1}'.encode("utf-32"),
    "depth_of_33": with_unknown(b"[" * 32 + b"]" * 32),
    "200000_arrays_unclosed": b"[" * 200_000,
    "200000_arrays": with_unknown(b"[" * 200_000 + b"]" * 200_000),
    "150000_objects": with_unknown(b'{"a":' * 150_000 + b"1" + b"}" * 150_000),
    "200000_arrays_in_turn_with_strings": with_unknown(b'["]",' * 150_000),
    "100000_keys": b"{" + b",".join(b'"%d":1' % number for number in range(80_000)) + b"}",
    "300000_empty_arrays": with_unknown(b"[" + b",".join([b"[]"] * 300_000) + b"]"),
    "200000_numbers": with_unknown(b"[" + b",".join([b"1.5"] * 200_000) + b"]"),
    "a_string_of_quotes_without_end": with_unknown(b"[],[],[]," * 20 + b'"' + b'\\"' * 500_000),
    "a_string_of_backslashes_without_end": with_unknown(b'"' + b"\\" * 1_000_000),
    "brackets_in_wrong_order": with_unknown(b"[" * 20 + b"}" * 20),
}
"""Every one is to be refused with 4xx, quickly; none is larger than 1 MiB."""
