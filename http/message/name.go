package message

// Name identifies a field name that some part of the house acts on, so that it
// is compared once, when it is read.
type Name uint8

// The names that are known. Other is any other name; Removed marks a field that
// is no longer part of its message.
const (
	Other Name = iota
	Removed
	Accept
	AcceptEncoding
	AuthenticationInfo
	Authorization
	CacheControl
	Connection
	ContentEncoding
	ContentLanguage
	ContentLength
	ContentLocation
	ContentRange
	ContentType
	Cookie
	Date
	ETag
	Expect
	Forwarded
	Host
	HTTP2Settings
	IfMatch
	IfModifiedSince
	IfNoneMatch
	IfRange
	IfUnmodifiedSince
	KeepAlive
	LastModified
	Location
	MaxForwards
	Origin
	ProxyAuthenticate
	ProxyAuthorization
	ProxyConnection
	Range
	Referer
	RetryAfter
	Server
	SetCookie
	TE
	Trailer
	TransferEncoding
	Upgrade
	UserAgent
	Vary
	Via
	WWWAuthenticate
	XForwardedFor
	XForwardedHost
	XForwardedPort
	XForwardedProto
	XRealIP
	XRequestID
	numNames
)

var spelling = [numNames]string{
	Accept: "Accept", AcceptEncoding: "Accept-Encoding",
	AuthenticationInfo: "Authentication-Info", Authorization: "Authorization",
	CacheControl: "Cache-Control", Connection: "Connection", ContentEncoding: "Content-Encoding",
	ContentLanguage: "Content-Language", ContentLength: "Content-Length",
	ContentLocation: "Content-Location", ContentRange: "Content-Range", ContentType: "Content-Type",
	Cookie: "Cookie", Date: "Date", ETag: "ETag", Expect: "Expect", Forwarded: "Forwarded",
	Host: "Host", HTTP2Settings: "HTTP2-Settings", IfMatch: "If-Match",
	IfModifiedSince: "If-Modified-Since", IfNoneMatch: "If-None-Match", IfRange: "If-Range",
	IfUnmodifiedSince: "If-Unmodified-Since", KeepAlive: "Keep-Alive",
	LastModified: "Last-Modified", Location: "Location", MaxForwards: "Max-Forwards",
	Origin: "Origin", ProxyAuthenticate: "Proxy-Authenticate",
	ProxyAuthorization: "Proxy-Authorization", ProxyConnection: "Proxy-Connection",
	Range: "Range", Referer: "Referer", RetryAfter: "Retry-After", Server: "Server",
	SetCookie: "Set-Cookie", TE: "TE", Trailer: "Trailer", TransferEncoding: "Transfer-Encoding",
	Upgrade: "Upgrade", UserAgent: "User-Agent", Vary: "Vary", Via: "Via",
	WWWAuthenticate: "WWW-Authenticate", XForwardedFor: "X-Forwarded-For",
	XForwardedHost: "X-Forwarded-Host", XForwardedPort: "X-Forwarded-Port",
	XForwardedProto: "X-Forwarded-Proto", XRealIP: "X-Real-IP", XRequestID: "X-Request-ID",
}

// spellingBytes is spelling for those who append; nobody writes to it.
var spellingBytes = func() (t [numNames][]byte) {
	for i, s := range spelling {
		t[i] = []byte(s)
	}
	return
}()

// String returns the name in its usual spelling, "" for Other and Removed.
func (n Name) String() string { return spelling[n] }

func (n Name) bytes() []byte { return spellingBytes[n] }

// byLength holds the known names of each length (up to 31), so that a
// look-up compares with the one or two that also begin with the same letter.
var byLength = func() (t [32][]Name) {
	for n := Accept; n < numNames; n++ {
		l := len(spelling[n])
		t[l] = append(t[l], n)
	}
	return
}()

// Lookup identifies a field name, in any case.
func Lookup(name []byte) Name {
	if len(name) == 0 || len(name) >= len(byLength) {
		return Other
	}
	first, last := lowerCase[name[0]], lowerCase[name[len(name)-1]]
	for _, n := range byLength[len(name)] {
		s := spelling[n]
		if lowerCase[s[0]] == first && lowerCase[s[len(s)-1]] == last && EqualFold(name, s) {
			return n
		}
	}
	return Other
}

// HopByHop says whether a field of this name concerns one connection only and is
// never forwarded (RFC 9110 §7.6.1), whatever Connection says.
func (n Name) HopByHop() bool {
	switch n {
	case Connection, KeepAlive, ProxyConnection, TE, Trailer, TransferEncoding, Upgrade, HTTP2Settings, ProxyAuthenticate, ProxyAuthorization:
		return true
	}
	return false
}

// Nominable says whether Connection may name this field as hop-by-hop. Removing
// the fields that frame, route, identify or authorise a message at a client's
// word would let it lie to what stands behind, so those stay.
func (n Name) Nominable() bool {
	switch n {
	case ContentLength, TransferEncoding, Host, Authorization, Cookie, Forwarded,
		XForwardedFor, XForwardedHost, XForwardedPort, XForwardedProto, XRealIP, XRequestID, Via,
		AuthenticationInfo, WWWAuthenticate, CacheControl, ContentType, ContentEncoding, ContentLanguage,
		ContentLocation, ContentRange, SetCookie, Location:
		return false
	}
	return true
}

// AllowedInTrailer says whether a trailer field of this name may be passed on:
// none that frames, routes, authorises, or says how to read the content
// (RFC 9110 §6.5.1).
func (n Name) AllowedInTrailer() bool {
	switch n {
	case Other, ETag, Date, Server, Via:
		return true
	}
	return false
}
