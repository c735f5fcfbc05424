// Browsers inside other apps, which seldom can create passkeys. Only what they say of themselves
// tells them apart.

/** The apps whose browsers bear their names; the first that fits holds. */
const APPS = [
  [/MessengerForiOS|MessengerLiteForiOS|FB_IAB\/(?:Orca|Messenger)/i, "Messenger"],
  [/FBA[NV]\/|FB_IAB\//, "Facebook"],
  [/Instagram/, "Instagram"],
  [/Barcelona /, "Threads"],
  [/WhatsApp/, "WhatsApp"],
  [/\bLine\//, "LINE"],
  [/wxwork/, "WeCom"],
  [/MicroMessenger/, "WeChat"],
  [/\bQQ\//, "QQ"],
  [/DingTalk/, "DingTalk"],
  [/Weibo/, "Weibo"],
  [/AlipayClient/, "Alipay"],
  [/\bLark\/|Feishu/, "Lark"],
  [/KAKAOTALK/i, "KakaoTalk"],
  [/NAVER\(inapp/, "NAVER"],
  [/Zalo/, "Zalo"],
  [/\bSlack/, "Slack"],
  [/Discord/, "Discord"],
  [/Telegram/, "Telegram"],
  [/Viber/, "Viber"],
  [/TeamsMobile|\bTeams\//, "Teams"],
  [/\bOutlook/, "Outlook"],
  [/\bGmail/, "Gmail"],
  [/\bGSA\//, "Google"],
  [/YJApp/, "Yahoo! JAPAN"],
  [/LinkedInApp/, "LinkedIn"],
  [/musical_ly|BytedanceWebview|TikTok/i, "TikTok"],
  [/Snapchat/, "Snapchat"],
  [/Pinterest\//, "Pinterest"],
  [/Twitter/, "X"],
  [/Reddit\//, "Reddit"],
  [/VKAndroidApp|VKApp/, "VK"],
];
/** What is in every browser of its own, and in no web view of Apple's; Android's says `wv`. */
const VIEW = /; wv\)|AppleWebKit(?!.*Safari\/)/;

/** The app that this page is open in: its name, or an empty one where that can't be told. */
export function surroundingApp({ userAgent } = navigator) {
  return APPS.find(([sign]) => sign.test(userAgent))?.[1] ?? (VIEW.test(userAgent) ? "" : undefined);
}

/** An address at which the app opens the browser by itself, where it knows one. */
export function openedOutside(app, url) {
  if (app !== "LINE") {
    return undefined;
  }
  const outside = new URL(url);
  outside.searchParams.set("openExternalBrowser", "1");
  return outside.href;
}
