"""Google Universal Analytics."""

from tests.unit.services.cases import Cases
from tests.unit.services.samples import twice

FIELDS = {
    "google_analytics_id": Cases(
        valid=("UA-40276153-2", "UA-4027-1234"),
        invalid=(
            ("G-4TD7KQ92MW", "BadFormat"),
            ("GTM-4TD7KQ", "BadFormat"),
            ("AW-402761538", "BadFormat"),
            ("40276153", "BadFormat"),
            ("UA-40276153", "BadFormat"),
            ("ua-40276153-2", "BadFormat"),
            ("UA-40276153-12345", "BadFormat"),
            ("UA-XXXXX-Y", "Placeholder"),
            ("<google_analytics_id>", "Placeholder"),
            ("UA-40276153-2\n", "Whitespace"),
            (twice("UA-40276153-2"), "DoubleEncoded"),
        ),
    ),
}
