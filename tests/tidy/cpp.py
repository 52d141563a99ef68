"""As much of C++ as the rules need: what is code, what is included, where functions are."""

import re

_NO_CODE = re.compile(
    r"//(?:\\\n|[^\n])*"
    r"|/\*(?:.|\n)*?\*/"
    r'|(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\((?:.|\n)*?\)(?P=tag)"'
    r'|"(?:\\(?:.|\n)|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_ATTRIBUTE = re.compile(r"\balignas\s*\([^()]*\)|\[\[[^\[\]]*\]\]")
_GOES_ON = re.compile(r"\s*[,{]")
_SCOPE = re.compile(r'(\b(namespace|class|struct|union|enum)\b[^()=]*|\bextern\s*""\s*)$')


def line_of(text, position):
    """The number of the line that a position is in, from 1."""
    return text.count("\n", 0, position) + 1


def code_only(text):
    """The text with comments gone and strings and characters empty; every line keeps its number."""

    def replacement(match):
        newlines = "\n" * match.group(0).count("\n")
        return newlines if match.group(0).startswith("/") else '""' + newlines

    return _NO_CODE.sub(replacement, text)


def includes(text, quoted_only=False):
    """(line, name) of every #include."""
    for match in _INCLUDE.finditer(text):
        if match.group(1) == '"' or not quoted_only:
            yield line_of(text, match.start()), match.group(2)


def functions(code):
    """(first line, number of lines) of every function with a body; lambdas count with theirs.

    `code` comes from code_only(). A block that opens a scope (a namespace, a type) is looked into;
    any other block is a function's if there is a parenthesis between the end of what stands before
    it and its brace.
    """
    code = _PREPROCESSOR.sub(lambda match: "\n" * match.group(0).count("\n"), code)
    depth = 0  # how many braces deep in a block that is not looked into
    head_at = 0  # where the statement began whose block this may become
    function_at = None
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match.group(0)
        if depth > 0:
            depth += {"{": 1, "}": -1, ";": 0}[sign]
            # `A() : a_{1}, b_{2} {}`: a block before a comma or a block is a member's.
            if depth == 0 and not _GOES_ON.match(code, at + 1):
                if function_at is not None:
                    yield line_of(code, function_at), code.count("\n", function_at, at) + 1
                head_at = at + 1
            continue
        head = code[head_at:at]
        if sign == "{" and not _SCOPE.search(_ATTRIBUTE.sub("", head)):
            depth = 1
            is_function = "(" in head and not head.rstrip().endswith("=")
            function_at = at - len(head.lstrip()) if is_function else None
        else:
            head_at = at + 1
