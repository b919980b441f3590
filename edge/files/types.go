package files

import (
	"path"
	"strings"
)

// types are content types by extension, in lower case. The table is built in,
// so that a site is served the same everywhere; what the system thinks of
// extensions does not count.
type types map[string]string

const unknownType = "application/octet-stream"

// of returns the content type of a file by its name.
func (t types) of(name string) string {
	extension := strings.ToLower(path.Ext(name))
	if typ, ok := t[extension]; ok {
		return typ
	}
	return unknownType
}

// newTypes is the built-in table with changes.
func newTypes(changes map[string]string) types {
	t := make(types)
	for typ, extensions := range map[string]string{
		"text/html; charset=utf-8":                        ".html .htm",
		"text/css; charset=utf-8":                         ".css",
		"text/javascript; charset=utf-8":                  ".js .mjs .cjs",
		"text/plain; charset=utf-8":                       ".txt .text .log .conf .ini .toml .diff .patch .go .py .c .h .sh .rs .sql",
		"text/markdown; charset=utf-8":                    ".md .markdown",
		"text/csv; charset=utf-8":                         ".csv",
		"text/tab-separated-values; charset=utf-8":        ".tsv",
		"text/calendar; charset=utf-8":                    ".ics",
		"text/vcard; charset=utf-8":                       ".vcf",
		"text/vtt; charset=utf-8":                         ".vtt",
		"application/json":                                ".json .map",
		"application/ld+json":                             ".jsonld",
		"application/geo+json":                            ".geojson",
		"application/x-ndjson":                            ".ndjson .jsonl",
		"application/yaml":                                ".yaml .yml",
		"application/manifest+json":                       ".webmanifest",
		"application/xml":                                 ".xml .xsl",
		"application/xhtml+xml":                           ".xhtml",
		"application/rss+xml":                             ".rss",
		"application/atom+xml":                            ".atom",
		"application/wasm":                                ".wasm",
		"application/pdf":                                 ".pdf",
		"application/rtf":                                 ".rtf",
		"application/postscript":                          ".ps .eps",
		"application/epub+zip":                            ".epub",
		"application/zip":                                 ".zip",
		"application/gzip":                                ".gz .tgz",
		"application/zstd":                                ".zst",
		"application/x-bzip2":                             ".bz2",
		"application/x-xz":                                ".xz",
		"application/x-7z-compressed":                     ".7z",
		"application/x-tar":                               ".tar",
		"application/vnd.rar":                             ".rar",
		"application/java-archive":                        ".jar",
		"application/vnd.debian.binary-package":           ".deb",
		"application/x-rpm":                               ".rpm",
		"application/vnd.android.package-archive":         ".apk",
		"application/x-apple-diskimage":                   ".dmg",
		"application/vnd.sqlite3":                         ".sqlite .sqlite3",
		"application/vnd.apache.parquet":                  ".parquet",
		"application/vnd.tcpdump.pcap":                    ".pcap",
		"application/pgp-signature":                       ".asc .sig",
		"application/x-x509-ca-cert":                      ".crt .der",
		"application/x-pem-file":                          ".pem",
		"application/pkix-crl":                            ".crl",
		"application/msword":                              ".doc",
		"application/vnd.ms-excel":                        ".xls",
		"application/vnd.ms-powerpoint":                   ".ppt",
		"application/vnd.oasis.opendocument.text":         ".odt",
		"application/vnd.oasis.opendocument.spreadsheet":  ".ods",
		"application/vnd.oasis.opendocument.presentation": ".odp",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
		"application/vnd.apple.mpegurl":                                             ".m3u8",
		"application/dash+xml":                                                      ".mpd",
		"image/svg+xml":                                                             ".svg",
		"image/png":                                                                 ".png",
		"image/apng":                                                                ".apng",
		"image/jpeg":                                                                ".jpg .jpeg .jfif",
		"image/gif":                                                                 ".gif",
		"image/webp":                                                                ".webp",
		"image/avif":                                                                ".avif",
		"image/jxl":                                                                 ".jxl",
		"image/heic":                                                                ".heic",
		"image/bmp":                                                                 ".bmp",
		"image/tiff":                                                                ".tif .tiff",
		"image/vnd.microsoft.icon":                                                  ".ico",
		"audio/mpeg":                                                                ".mp3",
		"audio/mp4":                                                                 ".m4a",
		"audio/aac":                                                                 ".aac",
		"audio/ogg":                                                                 ".ogg .oga .opus",
		"audio/wav":                                                                 ".wav",
		"audio/flac":                                                                ".flac",
		"audio/midi":                                                                ".mid .midi",
		"audio/webm":                                                                ".weba",
		"video/mp4":                                                                 ".mp4 .m4v",
		"video/webm":                                                                ".webm",
		"video/ogg":                                                                 ".ogv",
		"video/quicktime":                                                           ".mov",
		"video/x-msvideo":                                                           ".avi",
		"video/matroska":                                                            ".mkv",
		"video/mp2t":                                                                ".ts",
		"video/mpeg":                                                                ".mpg .mpeg",
		"font/woff":                                                                 ".woff",
		"font/woff2":                                                                ".woff2",
		"font/ttf":                                                                  ".ttf",
		"font/otf":                                                                  ".otf",
		"font/collection":                                                           ".ttc",
		"model/gltf-binary":                                                         ".glb",
		"model/gltf+json":                                                           ".gltf",
		"model/stl":                                                                 ".stl",
	} {
		for extension := range strings.FieldsSeq(extensions) {
			t[extension] = typ
		}
	}
	for extension, typ := range changes {
		t[strings.ToLower(extension)] = typ
	}
	return t
}
