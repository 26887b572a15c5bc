package diff

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// shortestKnown is how many bytes a value of a Secret has at least that is looked for elsewhere: shorter ones are names and numbers, which mean
// something else there.
const shortestKnown = 6

// secretValues are the values of Secrets that differ.
func secretValues(c *Change) map[string]bool {
	out := map[string]bool{}
	for _, p := range c.Of("Secret") {
		var sides [2]map[string]bool
		for i, o := range []*Object{p.Before, p.After} {
			sides[i] = valuesOf(o)
		}
		for i := range sides {
			for text := range sides[i] {
				if !sides[1-i][text] {
					out[text] = true
				}
			}
		}
	}
	return out
}

// valuesOf are the values of a Secret as pods read them.
func valuesOf(o *Object) map[string]bool {
	out := map[string]bool{}
	for _, field := range []string{"data", "stringData"} {
		values, _ := o.Content()[field].(map[string]any)
		for _, v := range values {
			text := fmt.Sprint(v)
			if decoded, err := base64.StdEncoding.DecodeString(text); field == "data" && err == nil {
				text = string(decoded)
			}
			if text = strings.TrimSpace(text); len(text) >= shortestKnown {
				out[text] = true
			}
		}
	}
	return out
}
