"""Write the JSON Schema: `python -m snapsortd.config > snapsortd/config/schema.json`."""

import json
import sys

from snapsortd.config.schema.document import json_schema

sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
