"""LibreOffice as a judge: what it makes of a Word file when every change is accepted, or rejected."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TIME_LIMIT = 120
_LIBRARIES = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:{many} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{dtd}.dtd">
<library:{many} xmlns:library="http://openoffice.org/2000/library" {more}>{inside}</library:{many}>"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Judge" script:language="StarBasic">
Sub Settle(files As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  Dim kept(0) As New com.sun.star.beans.PropertyValue
  Dim none()
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  kept(0).Name = "FilterName" : kept(0).Value = "MS Word 2007 XML"
  dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  orders = Split(files, "|")
  For i = 0 To UBound(orders) Step 3
    text = StarDesktop.loadComponentFromURL(orders(i + 1), "_blank", 0, hidden())
    text.CurrentController.ViewSettings.ShowAnnotations = False
    If orders(i) &lt;&gt; "" Then dispatcher.executeDispatch(text.CurrentController.Frame, orders(i), "", 0, none())
    text.storeToURL(orders(i + 2), kept())
    text.close(True)
  Next i
End Sub
</script:module>"""
"""Comments stay in the file but are not drawn: a hidden contract with one aborted LibreOffice 7.4 when it drew it."""
_SET_UP = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Setup/Office">
<prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop></item></oor:items>"""
"""Without it the first start lays the usual macros over ours."""
ORDERS = {"accept": ".uno:AcceptAllTrackedChanges", "reject": ".uno:RejectAllTrackedChanges", "keep": ""}


def settled(folder: Path, files: Mapping[str, bytes], orders: Sequence[str]) -> dict[tuple[str, str], bytes]:
    """Each file as LibreOffice saves it again after each of ORDERS, by (name, order), all in one start."""
    _write_profile(folder / "profile" / "user")
    asked, out = [], {}
    for name, data in files.items():
        source = folder / f"{name}.docx"
        source.write_bytes(data)
        for order in orders:
            out[name, order] = folder / f"{name}-{order}.docx"
            asked += [ORDERS[order], source.as_uri(), out[name, order].as_uri()]
    command = [
        *("soffice", "--headless", "--norestore", f"-env:UserInstallation={(folder / 'profile').as_uri()}"),
        f'macro:///Standard.Judge.Settle("{"|".join(asked)}")',
    ]
    subprocess.run(command, capture_output=True, timeout=TIME_LIMIT, check=True)
    return {asked: made.read_bytes() for asked, made in out.items()}


def _write_profile(user: Path) -> None:
    folder = user / "basic"
    (folder / "Standard").mkdir(parents=True, exist_ok=True)
    (user / "registrymodifications.xcu").write_text(_SET_UP, encoding="utf-8")
    own = 'library:name="Standard" library:readonly="false" library:passwordprotected="false"'
    listed = '<library:element library:name="Judge"/>'
    library = _LIBRARIES.format(many="library", dtd="library", more=own, inside=listed)
    (folder / "Standard" / "script.xlb").write_text(library, encoding="utf-8")
    (folder / "Standard" / "Judge.xba").write_text(_MODULE, encoding="utf-8")
    entry = '<library:library library:name="Standard" library:link="false"/>'
    more = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    (folder / "script.xlc").write_text(
        _LIBRARIES.format(many="libraries", dtd="libraries", more=more, inside=entry), encoding="utf-8"
    )
