use serde_json::json;

use crate::Page;

/// The variable that names a folder in which each look is kept as a picture.
const SHOTS: &str = "PASSLINK_TEST_SHOTS";

impl Page {
    /// Looks at the page as it is, light and dark, on a phone and on a desktop: nothing breaks the
    /// rules for accessibility (WCAG 2.2 AA and axe-core's own), and nothing needs to be scrolled
    /// to the side.
    pub async fn looks_good(&self, name: &str) {
        let shots = std::env::var(SHOTS).ok();
        if let Some(folder) = &shots {
            std::fs::create_dir_all(folder).unwrap();
        }
        let code = r#"
            await page.evaluate(await axe());
            const screens = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };
            const faults = [];
            for (const [screen, size] of Object.entries(screens)) {
                await page.setViewportSize(size);
                for (const colorScheme of ["light", "dark"]) {
                    await page.emulateMedia({ colorScheme });
                    const look = `${args.name}-${screen}-${colorScheme}`;
                    if (args.shots) await page.screenshot({ path: `${args.shots}/${look}.png`, fullPage: true });
                    const found = await page.evaluate(async () => {
                        const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
                        const { violations, passes } = await axe.run({ runOnly });
                        const told = violations.map(({ id, help, nodes }) =>
                            `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`);
                        if (!passes.some(({ id }) => id === "color-contrast")) told.push("no contrast was measured");
                        const { scrollWidth, clientWidth } = document.documentElement;
                        if (scrollWidth > clientWidth) told.push(`${scrollWidth} px are wider than ${clientWidth}`);
                        return told;
                    });
                    faults.push(...found.map((fault) => `${look}: ${fault}`));
                }
            }
            return faults;"#;
        let faults = self.run(code, json!({ "name": name, "shots": shots })).await;
        assert_eq!(faults, json!([]));
    }
}
