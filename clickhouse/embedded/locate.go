package embedded

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// EngineEnv names the environment variable with the path of a clickhouse binary or of the engine library.
const EngineEnv = "AUYL_CLICKHOUSE"

// Kind says which of the two kinds of engine a Location is.
type Kind string

const (
	// Library is libchdb, the engine as a shared library.
	Library Kind = "library"
	// Server is a clickhouse binary, of which "clickhouse server" is started.
	Server Kind = "server"
)

// Location is an engine on this machine.
type Location struct {
	Kind Kind
	Path string // absolute
}

// LocateOptions say where to look. The zero value looks at the environment, on PATH and around program and working folder.
type LocateOptions struct {
	Path    string                   // a binary or a library: nothing else is looked at
	Dir     string                   // a folder with node_modules, looked at before the others
	Getenv  func(name string) string // nil is os.Getenv
	WorkDir string                   // "" is the working directory
	Program string                   // path of this program; "" is os.Executable
}

// ErrNoEngine is what Locate's error is when there is no engine on this machine.
var ErrNoEngine = errors.New("no ClickHouse engine on this machine")

// Locate finds an engine: the path that is given or stands in AUYL_CLICKHOUSE, else clickhouse on PATH, else the library
// that npm has installed into a node_modules folder of the given folder, beside the program or above it, or of the working
// directory or a folder above that. Without any, the error is ErrNoEngine and says what to type.
func Locate(o LocateOptions) (Location, error) {
	getenv := o.Getenv
	if getenv == nil {
		getenv = os.Getenv //nolint:forbidigo // the default that LocateOptions promises
	}
	for _, explicit := range []struct{ from, path string }{{"engine path", o.Path}, {EngineEnv, getenv(EngineEnv)}} {
		if explicit.path == "" {
			continue
		}
		l, err := at(explicit.path)
		if err != nil {
			return Location{}, fmt.Errorf("%s: %w", explicit.from, err)
		}
		return l, nil
	}
	if path, ok := onPath("clickhouse", getenv("PATH")); ok {
		return Location{Server, path}, nil
	}
	for _, dir := range searchDirs(o) {
		path := filepath.Join(dir, "node_modules", "@chdb", "lib-"+platform(), "libchdb.so")
		if fi, err := os.Stat(path); err == nil && fi.Mode().IsRegular() {
			if path, err = filepath.Abs(path); err == nil {
				return Location{Library, path}, nil
			}
		}
	}
	return Location{}, fmt.Errorf("%w: type `npm ci` in the repository, or install clickhouse (on Debian and Ubuntu: "+
		"`sudo apt-get install clickhouse-server clickhouse-client`), or set %s to a clickhouse binary or libchdb.so", ErrNoEngine, EngineEnv)
}

// at tells what the file at path is: a shared library by its name, a binary by its mode.
func at(path string) (Location, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Location{}, err
	}
	fi, err := os.Stat(path)
	if err != nil {
		return Location{}, err
	}
	name := filepath.Base(path)
	switch {
	case !fi.Mode().IsRegular():
		return Location{}, fmt.Errorf("%s is not a file: name the clickhouse binary or libchdb.so itself", path)
	case strings.HasSuffix(name, ".so") || strings.HasSuffix(name, ".dylib") || strings.Contains(name, ".so."):
		return Location{Library, path}, nil
	case fi.Mode()&0o111 != 0:
		return Location{Server, path}, nil
	}
	return Location{}, fmt.Errorf("%s is neither an executable nor a shared library", path)
}

// onPath is exec.LookPath for a PATH that is handed in.
func onPath(name, path string) (string, bool) {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) { // a relative folder on PATH is a trap, and exec refuses it as well
			continue
		}
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p, true
		}
	}
	return "", false
}

// searchDirs lists the folders that may hold node_modules, best first.
func searchDirs(o LocateOptions) []string {
	var dirs []string
	if o.Dir != "" {
		dirs = append(dirs, o.Dir)
	}
	program, err := o.Program, error(nil)
	if program == "" {
		program, err = os.Executable()
	}
	if err == nil {
		if target, lerr := filepath.EvalSymlinks(program); lerr == nil {
			program = target
		}
		dirs = append(dirs, filepath.Dir(program), filepath.Dir(filepath.Dir(program)))
	}
	work := o.WorkDir
	if work == "" {
		work, err = os.Getwd()
	}
	if err == nil && work != "" {
		for {
			dirs = append(dirs, work)
			up := filepath.Dir(work)
			if up == work {
				break
			}
			work = up
		}
	}
	return dirs
}

// platform gives the name that the library's packages have for this machine. Only linux-x64-gnu has been run.
func platform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	if runtime.GOOS == "linux" {
		return "linux-" + arch + "-gnu"
	}
	return runtime.GOOS + "-" + arch
}
