package plot

import (
	"encoding/base64"
	"fmt"
	"html"
	"strings"
)

// Gallery is a [Block] of small pictures with captions, as many side by side as there is
// room for. A pixel stays a square, however much the picture is scaled up.
type Gallery struct {
	Tiles []Tile
}

// Tile is a picture in a [Gallery].
type Tile struct {
	// PNG is the file, Alt says what is seen.
	PNG []byte
	Alt string
	// Caption stands below it. A line break stays one.
	Caption []Span
}

func (g Gallery) write(b *strings.Builder) {
	b.WriteString("<div class=\"gallery\">\n")
	for _, t := range g.Tiles {
		fmt.Fprintf(b, "<figure><img src=\"data:image/png;base64,%s\" alt=\"%s\"><figcaption>", base64.StdEncoding.EncodeToString(t.PNG), html.EscapeString(t.Alt))
		for _, s := range t.Caption {
			s.write(b)
		}
		b.WriteString("</figcaption></figure>\n")
	}
	b.WriteString("</div>\n")
}
