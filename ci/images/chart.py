"""The images that the chart asks for when nobody says otherwise.

The local cluster reaches no registry: its nodes get each image under the chart's default name too, so that an
installation without any values starts there. The names are read from the chart, so that they are written down once.
"""

import re

from ci.images.errors import BuildError
from ci.images.versions import ROOT

CHART = ROOT / "charts" / "mysql-innodb-cluster"


def default_reference(image: str, values: str | None = None, chart: str | None = None) -> str:
    """The full name of an image by the chart's defaults; `values` and `chart` are the texts of the chart's two files.

    An empty tag means the chart's appVersion, for the hooks its version. Raises BuildError when the files do not have
    what is looked for.
    """
    values = (CHART / "values.yaml").read_text() if values is None else values
    chart = (CHART / "Chart.yaml").read_text() if chart is None else chart
    block = re.search(rf"^images:\n(?:(?: .*)?\n)*?  {image}:\n((?:(?:    .*)?\n)+)", values, re.MULTILINE)
    fields = dict(re.findall(r"^    (\w+): *\"?([^\"\n]*)\"?$", block[1] if block else "", re.MULTILINE))
    versions = dict(re.findall(r"^(version|appVersion): *\"?([^\"\n]+)\"?$", chart, re.MULTILINE))
    try:
        tag = fields["tag"] or versions["version" if image == "hooks" else "appVersion"]
        return f"{fields['registry']}/{fields['repository']}:{tag}"
    except KeyError as error:
        raise BuildError(
            f"the chart has no images.{image} with registry, repository and tag, or no version",
            hint=f"look at values.yaml and Chart.yaml in {CHART}",
        ) from error
