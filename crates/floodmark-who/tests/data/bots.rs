//! Bots: every example of the kept list is found, and browsers are none.

use floodmark_who::bots::{self, Class};
use serde_json::Value;

#[test]
fn every_example_is_found() {
    let entries: Vec<Value> = serde_json::from_str(include_str!("bot-instances.json")).unwrap();
    let (mut missed, mut asked) = (vec![], 0);
    for entry in &entries {
        for instance in entry["instances"].as_array().unwrap() {
            let user_agent = instance.as_str().unwrap();
            asked += 1;
            if bots::find(user_agent).is_none() {
                missed.push((entry["pattern"].as_str().unwrap(), user_agent));
            }
        }
    }
    assert!(asked > 2000, "{asked}");
    assert_eq!(missed, []);
}

#[test]
fn browsers_are_no_bots() {
    let browsers = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.6723.102 Mobile Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 OPR/114.0.0.0",
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:131.0) Gecko/20100101 Firefox/131.0",
        "Mozilla/5.0 (Linux; U; Android 13; de-de) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.4.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Vivaldi/6.8",
        "-",
        "",
    ];
    for browser in browsers {
        assert_eq!(bots::find(browser), None, "{browser}");
        let encoded = browser.replace(' ', "%20");
        assert_eq!(bots::find(&encoded), None, "{encoded}");
    }
}

#[test]
fn bots_have_names_and_classes() {
    let expected = [
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Googlebot",
            Class::SearchEngine,
        ),
        (
            "Mozilla/5.0%20(compatible;%20Googlebot/2.1;%20+http://www.google.com/bot.html)",
            "Googlebot",
            Class::SearchEngine,
        ),
        (
            "Mozilla/5.0%2520(compatible;%2520bingbot/2.0;%2520+http://www.bing.com/bingbot.htm)",
            "bingbot",
            Class::SearchEngine,
        ),
        (
            "Mozilla/5.0+(compatible;+AhrefsBot/7.0;++http://ahrefs.com/robot/)",
            "AhrefsBot",
            Class::Seo,
        ),
        ("curl/8.5.0", "curl", Class::Library),
        ("python-requests/2.32.3", "python-requests", Class::Library),
        (
            "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "GPTBot",
            Class::AiCrawler,
        ),
        (
            "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
            "Nmap Scripting Engine",
            Class::Scanner,
        ),
        ("ELB-HealthChecker/2.0", "ELB-HealthChecker", Class::Monitor),
    ];
    for (user_agent, name, class) in expected {
        let bot = bots::find(user_agent).unwrap_or_else(|| panic!("{user_agent}"));
        assert_eq!((bot.name.as_str(), bot.class), (name, class), "{user_agent}");
    }
    // However long it is, and whatever it holds.
    assert_eq!(bots::find(&"é".repeat(10_000)), None);
}
