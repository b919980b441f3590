package proto

import "github.com/netwright/netwright/packet/layer"

// applications are the protocols of sessions: what secures them, and what speaks
// in them.
var applications = []*layer.Proto{
	tls, dtls, quic, isakmp, wireguard,
	http, http2, websocket,
	ssh,
	nbss, smb, smb2, ntlmssp,
}
