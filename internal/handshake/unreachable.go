package handshake

import (
	"errors"
	"net"
	"strings"
	"syscall"
)

// Unreachable puts into words why there is no TCP connection to address. Far is who should be there: "the backend".
func Unreachable(far, address string, err error) Finding {
	f := Finding{Check: CheckConnection, Remedy: "check the address of " + far + ", and the network in between"}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		f.Check, f.Reason, f.Remedy = CheckName, "the name "+dns.Name+" has no address", "correct the name of "+far+", or make it known to this machine's DNS"
	case errors.As(err, &dns):
		f.Check, f.Reason, f.Remedy = CheckName, "DNS does not say where "+dns.Name+" is: "+dns.Err, "check this machine's DNS servers"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Reason, f.Remedy = "nothing listens at "+address, "start "+far+", or correct its address and port"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		f.Reason, f.Remedy = "there is no way from this machine to "+address, "check the address of "+far+", and this machine's network"
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		f.Reason, f.Remedy = "this machine has no port or file descriptor left for a connection to "+address, "raise its limits (LimitNOFILE), or look for who holds so many connections"
	case isTimeout(err):
		f.Reason, f.Remedy = address+" does not answer", "look for a firewall in between, and check the address of "+far
	default:
		f.Reason = "no TCP connection to " + address + ": " + strings.TrimPrefix(err.Error(), "dial tcp ")
	}
	return f
}
