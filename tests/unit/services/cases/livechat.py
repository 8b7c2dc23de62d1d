"""LiveChat widget: what is right and wrong."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

FIELDS = {
    "license": Cases(
        valid=("10203045", "1520"),
        invalid=(
            ("0c0ffee0-1234-4abc-8def-0123456789ab", "BadFormat"),
            ("1;alert(1)", "BadFormat"),
            ("0123", "BadFormat"),
            ("<!-- Start -->\n<script>\n  window.__lc.license = 10203045;\n</script>", "BadFormat"),
            ("-5", "BadFormat"),
            ("\u0661\u0662\u0663", "BadFormat"),
            ("10 203 045", "BadFormat"),
            ("10203045\n", "Whitespace"),
            ("'10203045'", "PastedPrefix"),
            (twice("10203045"), "DoubleEncoded"),
        ),
    ),
}
