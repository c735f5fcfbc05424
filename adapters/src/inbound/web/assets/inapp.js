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
/** Ways into the browser: the key of a text, with the sign that it names. */
const MENU = { text: "labels.way_menu" };
const DOTS = { text: "labels.way_top", sign: "⋯" };
const UPRIGHT_DOTS = { text: "labels.way_top", sign: "⋮" };
const DOTS_BELOW = { text: "labels.way_bottom", sign: "⋮" };
const COMPASS = { text: "labels.way_compass" };
/** Where apps have it, on devices of Apple and on Android; others have it in some menu. */
const WAYS = {
  Facebook: [DOTS, DOTS],
  Instagram: [DOTS, DOTS],
  Messenger: [DOTS, DOTS],
  Threads: [DOTS, DOTS],
  WeChat: [DOTS, DOTS],
  LINE: [DOTS_BELOW, UPRIGHT_DOTS],
  Slack: [COMPASS, UPRIGHT_DOTS],
  Outlook: [COMPASS, UPRIGHT_DOTS],
  Gmail: [COMPASS, UPRIGHT_DOTS],
};
/** What is in every browser of its own, and in no web view of Apple's; Android's says `wv`. */
const VIEW = /; wv\)|AppleWebKit(?!.*Safari\/)/;

/** The app that this page is open in: its name, or an empty one where that can't be told. */
export function surroundingApp({ userAgent } = navigator) {
  return APPS.find(([sign]) => sign.test(userAgent))?.[1] ?? (VIEW.test(userAgent) ? "" : undefined);
}

/** The way out of an app into the browser: the key of a text, and the `sign` that it names, if any. */
export function wayOut(app, { userAgent } = navigator) {
  const [apple, android] = WAYS[app] ?? [MENU, MENU];
  return userAgent.includes("Android") ? android : apple;
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
