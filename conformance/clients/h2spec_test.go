package clients

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// deviations are the cases of h2spec 2.2.1 in which the server does otherwise, and why that is right or
// harmless. Some of them depend on who is faster, so that they may pass as well.
var deviations = map[string]string{
	"http2/4.2 Sends a large size HEADERS frame that exceeds the SETTINGS_MAX_FRAME_SIZE":                                                                  "the server's limit is 1 MiB, which the frame does not exceed; internal/edge sends one that does",
	"http2/6.5.3 Sends multiple values of SETTINGS_INITIAL_WINDOW_SIZE":                                                                                    "a SETTINGS frame that says a thing twice ends the connection, against floods",
	"http2/8.1.2.2 Sends a HEADERS frame that contains the connection-specific header field":                                                               "refused by an answer, which RFC 9113 section 8.1.1 allows",
	"http2/8.1.2.2 Sends a HEADERS frame that contains the TE header field with any value other than \"trailers\"":                                         "refused by an answer, which RFC 9113 section 8.1.1 allows",
	"http2/6.9.1 Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream":                                       "the request may have been answered, and its stream closed, before the second frame",
	"http2/8.1.2.6 Sends a HEADERS frame with the \"content-length\" header field which does not equal the sum of the multiple DATA frames payload length": "the request may have been answered before its last frame",
	"http2/8.1.2.6 Sends a HEADERS frame with the \"content-length\" header field which does not equal the DATA frame payload length":                      "the request may have been answered before its frame",
}

// TestH2spec runs h2spec, which H2SPEC names, against the listener.
func TestH2spec(t *testing.T) {
	program := os.Getenv("H2SPEC")
	if program == "" {
		t.Fatal("set H2SPEC to h2spec 2.2.1; conformance/run does")
	}
	report := filepath.Join(s.dir, "h2spec.xml")
	out, errs, _ := s.command(program, "-h", "localhost", "-p", s.port, "-t", "-k", "-j", report) // its status counts the deviations
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("h2spec wrote no report: %v\n%s%s", err, out, errs)
	}
	var suites struct {
		Suites []struct {
			Cases []struct {
				Package string    `xml:"package,attr"`
				Name    string    `xml:"classname,attr"`
				Error   *struct{} `xml:"error"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatal(err)
	}
	passed, others := 0, []string(nil)
	for _, suite := range suites.Suites {
		for _, c := range suite.Cases {
			switch name := c.Package + " " + c.Name; {
			case c.Error == nil && c.Failure == nil:
				passed++
			case deviations[name] != "":
				others = append(others, name)
			default:
				t.Errorf("h2spec: %s", name)
			}
		}
	}
	slices.Sort(others)
	t.Logf("h2spec: %d passed; %d deviate: %q", passed, len(others), others)
	if passed < 130 {
		t.Errorf("h2spec: only %d cases passed\n%s", passed, out)
	}
}
