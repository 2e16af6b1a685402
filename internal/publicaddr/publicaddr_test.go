package publicaddr_test

import (
	"net/netip"
	"testing"

	"github.com/auyl-kz/auyl/internal/publicaddr"
)

func TestInnerAddressesAreNotPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"10.0.0.1": false, "172.16.5.5": false, "192.168.1.1": false, "100.64.0.1": false, "169.254.1.1": false, "224.0.0.1": false,
		"::ffff:10.0.0.1": false, "fe80::1": false, "fd00::1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "255.255.255.255": false,
		"8.8.8.8": true, "2a00:1450:4001::1": true, "172.15.0.1": true,
	} {
		if got := publicaddr.Is(netip.MustParseAddr(text)); got != want {
			t.Errorf("Is(%s) = %v, want %v", text, got, want)
		}
	}
}
