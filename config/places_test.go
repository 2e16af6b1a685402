package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auyl-kz/auyl/config"
)

func TestPlacesOnOtherMachinesAreChecked(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	files := "?key_file=" + file + "&known_hosts=" + file
	tests := []struct{ name, text, want string }{ // an empty want is no fault
		{"folder of the archive", "archive: {url: 'file:///var/lib/auyl/raw'}", ""},
		{"bucket of the archive", "archive: {url: 's3://b/raw?endpoint=https://s3.example.org&region=kz-1'}", ""},
		{"identity file", "archive: {identity_file: " + file + "}", ""},
		{"sftp", "drop: {dirs: ['sftp://auyl@host.example.org:2222/out" + files + "']}", ""},
		{"s3", "drop: {dirs: ['s3://b/out?endpoint=https://s3.example.org&credentials=AKIMAT']}", ""},
		{"path that is no URL", "archive: {url: /var/lib/raw}", "auyl.yaml:1:16: \"/var/lib/raw\": want file:///path"},
		{"bucket without a server", "archive: {url: 's3://b/raw'}", "want s3://bucket/prefix?endpoint="},
		{"secret in the address", "archive: {url: 's3://id:hidden@b/raw?endpoint=https://h'}", "belong into the environment"},
		{"identity that is not there", "archive: {identity_file: nowhere}", "is not a file"},
		{"sftp with a password", "drop: {dirs: ['sftp://auyl:hidden@h/out" + files + "']}", "holds a password: want a key file"},
		{"sftp without a user", "drop: {dirs: ['sftp://h/out" + files + "']}", "want sftp://user@host"},
		{"sftp without known_hosts", "drop: {dirs: ['sftp://auyl@h/out?key_file=" + file + "']}", "known_hosts=\"\" is not a file"},
		{"sftp with another word", "drop: {dirs: ['sftp://auyl@h/out" + files + "&insecure=1']}", "unknown word \"insecure\""},
		{"too often", "drop: {remote_every: 1ms}", "is not a duration of at least 100ms"},
	}
	for _, tt := range tests {
		_, err := load(t, tt.text+"\n", nil)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		case err != nil && strings.Contains(err.Error(), "hidden"):
			t.Errorf("%s: the secret is quoted: %v", tt.name, err)
		}
	}
	if config.Remote("drop") || !config.Remote("s3://b") {
		t.Error("Remote takes a folder for another machine, or the other way round")
	}
}
