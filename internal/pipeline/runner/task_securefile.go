package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// downloadSecureFile puts a secure file into the job's temporary folder until the job ends.
func downloadSecureFile(ctx context.Context, s *stepRun) (int, error) {
	f := s.job.run.files[s.step.SecureFile]
	// The name comes from the library: only its last part may become a path.
	path := filepath.Join(s.job.temp, filepath.Base(filepath.Clean("/"+f.Name)))
	if err := s.download(ctx, path); err != nil {
		return 0, fmt.Errorf("download the secure file '%s': %w", f.Name, err)
	}
	s.job.cleanup = append(s.job.cleanup, func() error {
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	})
	err := s.job.vars.set(variable{name: "secureFilePath", value: path})
	if s.step.Name != "" {
		err = errors.Join(err, s.job.vars.set(variable{name: s.step.Name + ".secureFilePath", value: path, output: true}))
	}
	s.print(fmt.Sprintf("Downloaded %s (%d bytes)", f.Name, f.Size))
	return 0, err
}

func (s *stepRun) download(ctx context.Context, path string) error {
	f := s.job.run.files[s.step.SecureFile]
	in, err := s.job.run.library.Download(ctx, f)
	if err != nil {
		return err
	}
	defer in.Close()
	// Two steps of a job may download the same file.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
