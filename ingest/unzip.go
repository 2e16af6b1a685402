package ingest

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// errZip says that a page is an archive that does not hold exactly one file that can
// be unpacked within bounds.
var errZip = errors.New("packed page")

// maxUnzipBytes bounds what a page unpacks to: what a drop folder takes open.
const maxUnzipBytes = MaxFileBytes

// unzipped returns the one file of an archive, as registers send their extracts; a
// page that is no archive, and a workbook, which is one of many files, is returned as
// it is. Of several files none is taken: which one is meant only the source can say.
func unzipped(body []byte) ([]byte, error) {
	if !bytes.HasPrefix(body, []byte("PK\x03\x04")) {
		return body, nil
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w: %d bytes", errZip, err, len(body))
	}
	var files []*zip.File
	for _, f := range z.File {
		switch {
		case f.Name == "[Content_Types].xml":
			return body, nil
		case !f.FileInfo().IsDir() && !strings.HasPrefix(f.Name, "__MACOSX/"):
			files = append(files, f)
		}
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("%w: %d files in it, want one", errZip, len(files))
	}
	f := files[0]
	if f.UncompressedSize64 > maxUnzipBytes {
		return nil, fmt.Errorf("%w: %w: unpacks to %d bytes, at most %d", errZip, errBig, f.UncompressedSize64, int64(maxUnzipBytes))
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errZip, err)
	}
	// What it says of its size may be a lie.
	inner, err := io.ReadAll(io.LimitReader(r, maxUnzipBytes+1))
	if closed := r.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errZip, err)
	}
	if int64(len(inner)) > maxUnzipBytes {
		return nil, fmt.Errorf("%w: %w: unpacks to more than %d bytes", errZip, errBig, int64(maxUnzipBytes))
	}
	return inner, nil
}
