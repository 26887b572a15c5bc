// The page of roster diff in a real browser. A module of its own: only its tests need to drive one.
module github.com/hippotion/roster/test/page

go 1.26.0

require (
	github.com/chromedp/cdproto v0.160.1
	github.com/chromedp/chromedp v0.23.1
	github.com/ledongthuc/pdf v0.0.0-20260907135840-6c8c28e0e8a0
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
