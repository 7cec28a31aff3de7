"""Folders whose pictures are not a person's own, and which are not searched unless the configuration says so."""

from __future__ import annotations

PAGE = "{page}"
"""In a pattern: the name, without .html or .htm, of a web page beside the folder."""

HOLDS = "*/"
"""Prefix of a pattern for every folder that holds a file or folder of the name behind it."""

DEFAULT = "default"
"""In the configuration: all of LEFT_OUT."""

LEFT_OUT = (
    # thumbnails, snapshots and system folders of network storage
    *("@eaDir", "@__thumb", "@tmp", "@Transcode", "#snapshot", "@Recently-Snapshot", "@sharesnap", "appdata_*"),
    # recycle bins
    *("#recycle", "@Recycle", "$RECYCLE.BIN", "RECYCLER", "RECYCLED", "Network Trash Folder", "files_trashbin"),
    *("files_versions", "lost+found", "System Volume Information"),
    # libraries of photo and film programs
    *("*.photoslibrary", "*.photolibrary", "*.migratedphotolibrary", "*.aplibrary", "*.lrdata", "*.lrlibrary"),
    *("*.cocatalog", "*.imovielibrary", "*.fcpbundle", "*.theater", "*.tvlibrary", "*.musiclibrary"),
    # programs, documents and other packages
    *("*.app", "*.appex", "*.bundle", "*.framework", "*.plugin", "*.xcassets", "*.xcodeproj", "*.dSYM"),
    *("*.xcarchive", "*.xcworkspace", "*.playground", "*.docset", "*.kext", "*.prefPane", "*.pkg", "*.mpkg", "*.scptd"),
    *("*.vmwarevm", "*.pvm", "*.utm", "*.backupdb", "*.dvdmedia", "*.scriv", "*.graffle"),
    *("*.rtfd", "*.pages", "*.numbers", "*.key", "*.band", "*.logicx", "*.sparsebundle"),
    # unfinished downloads
    *("*.download", "*.crdownload", "*.part", "*.partial", "*.opdownload", "*.tmp", "*.temp"),
    # saved web pages
    *("{page}_files", "{page}-files", "{page}.files", "{page}_file", "{page}-Dateien", "{page}_fichiers"),
    *("{page}_archivos", "{page}_arquivos", "{page}_ficheiros", "{page}_bestanden", "{page}_pliki"),
    *("{page}-filer", "{page}_tiedostot", "{page}_soubory", "{page}_elemei", "{page}_dosyalar"),
    # what programs are made of and with
    *("node_modules", "bower_components", "site-packages", "__pycache__"),
    *("*/.git", "*/.hg", "*/.svn", "*/pyvenv.cfg", "*/conda-meta", "*/CACHEDIR.TAG"),
)
"""Patterns of folder names, compared without regard to case. Hidden folders (`.Trash-1000`) are never searched."""
