package extracttest

import (
	"encoding/json"
	"strconv"
)

// JSON encodes what a fake platform answers.
func JSON(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		return []byte(err.Error())
	}
	return body
}

// Number is an id as a JSON number where it is one.
func Number(id string) any {
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return id
	}
	return json.Number(id)
}

// Present leaves out what is an empty string, as most platforms do.
func Present(m map[string]any) map[string]any {
	for k, v := range m {
		if v == "" {
			delete(m, k)
		}
	}
	return m
}
