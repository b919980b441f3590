package bpf

// osiProtocol is the network layer protocol identifier (ISO/IEC TR 9577) of a
// name after `iso proto`.
func osiProtocol(name string) (uint32, bool) {
	switch name {
	case "clnp":
		return 0x81, true
	case "esis":
		return 0x82, true
	case "isis":
		return 0x83, true
	}
	return 0, false
}

// osiProtocol is an OSI packet whose first byte is this identifier.
func (c *compiler) osiProtocol(pos int, number uint32) (condition, error) {
	carried, err := c.carries(pos, sapISO)
	return all{carried, equal(c.at(c.frame.osi(), 0, 1), number)}, err
}

// isisPDU is an IS-IS packet of one of these types (ISO/IEC 10589).
func (c *compiler) isisPDU(pos int, types ...uint32) (condition, error) {
	isis, err := c.osiProtocol(pos, 0x83)
	return all{isis, oneOf(c.and(c.at(c.frame.osi(), 4, 1), 0x1f), types...)}, err
}

// isisLevels are the types of PDU that a keyword stands for.
func isisLevels(word string) []uint32 {
	const (
		l1LANHello, l2LANHello, hello = 15, 16, 17
		l1LSP, l2LSP                  = 18, 20
		l1CSNP, l2CSNP                = 24, 25
		l1PSNP, l2PSNP                = 26, 27
	)
	switch word {
	case "l1":
		return []uint32{l1PSNP, l1CSNP, l1LSP, l1LANHello, hello}
	case "l2":
		return []uint32{l2PSNP, l2CSNP, l2LSP, l2LANHello, hello}
	case "iih":
		return []uint32{hello, l1LANHello, l2LANHello}
	case "lsp":
		return []uint32{l1LSP, l2LSP}
	case "snp":
		return []uint32{l2PSNP, l1PSNP, l1CSNP, l2CSNP}
	case "csnp":
		return []uint32{l1CSNP, l2CSNP}
	default: // psnp
		return []uint32{l1PSNP, l2PSNP}
	}
}

// llc compiles `llc [TYPE]`: 802.3 with an LLC header (IEEE 802.2), whose
// control field tells the types apart.
func (c *compiler) llc(n *special) (condition, error) {
	if c.frame.kind != kindEthernet || c.frame.labels > 0 {
		return nil, c.unsupported(n.word)
	}
	payload := c.frame.payload
	isLLC := all{
		not{compare(c.at(c.frame.kindAt, 0, 2), isGreater, maxLength)},
		not{equal(c.at(payload, 0, 2), 0xffff)}, // Novell's frames without LLC
	}
	if n.arg.kind == tokenEnd {
		return isLLC, nil
	}
	mask, value, ok := llcControl(n.arg.text)
	if !ok {
		return nil, errorAt(n.arg.pos, "unknown LLC type name \"%s\"", n.arg.text).
			hint("known are i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, xid and frmr")
	}
	return append(isLLC, equal(c.and(c.at(payload, 2, 1), mask), value)), nil
}

// llcControl is the mask and value of the control field's first byte.
func llcControl(name string) (mask, value uint32, ok bool) {
	const pollFinal = 0x10
	switch name {
	case "i":
		return 0x01, 0x00, true
	case "s":
		return 0x03, 0x01, true
	case "u":
		return 0x03, 0x03, true
	case "rr":
		return 0x0f, 0x01, true
	case "rnr":
		return 0x0f, 0x05, true
	case "rej":
		return 0x0f, 0x09, true
	case "ui":
		return 0xff &^ pollFinal, 0x03, true
	case "ua":
		return 0xff &^ pollFinal, 0x63, true
	case "disc":
		return 0xff &^ pollFinal, 0x43, true
	case "dm":
		return 0xff &^ pollFinal, 0x0f, true
	case "sabme":
		return 0xff &^ pollFinal, 0x6f, true
	case "test":
		return 0xff &^ pollFinal, 0xe3, true
	case "xid":
		return 0xff &^ pollFinal, 0xaf, true
	case "frmr":
		return 0xff &^ pollFinal, 0x87, true
	}
	return 0, 0, false
}
