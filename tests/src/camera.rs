use rqrr::PreparedImage;
use serde_json::json;

use crate::Page;

/// What a camera reads off a picture of a QR code, of which `grey` tells each pixel.
pub fn read_code(width: usize, height: usize, grey: impl FnMut(usize, usize) -> u8) -> String {
    let mut image = PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "codes in {width} × {height} pixels");
    grids[0].decode().unwrap().1
}

impl Page {
    /// What a camera reads off an element of the page as it is shown now.
    pub async fn code_in(&self, selector: &str) -> String {
        let code = r##"
            const shot = await page.locator(args).screenshot();
            const eye = await context.newPage();
            const rows = await eye.evaluate(async (shot) => {
                const image = new Image();
                image.src = `data:image/png;base64,${shot}`;
                await image.decode();
                const { width, height } = image;
                const canvas = Object.assign(document.createElement("canvas"), { width, height });
                const context = canvas.getContext("2d");
                context.drawImage(image, 0, 0);
                const { data } = context.getImageData(0, 0, width, height);
                return Array.from({ length: height }, (_, y) =>
                    Array.from({ length: width }, (_, x) => (data[4 * (y * width + x)] < 128 ? "#" : " ")).join(""));
            }, shot.toString("base64"));
            await eye.close();
            return rows;"##;
        let rows = self.run(code, json!(selector)).await;
        let rows: Vec<_> =
            rows.as_array().unwrap().iter().map(|row| row.as_str().unwrap().as_bytes()).collect();
        read_code(rows[0].len(), rows.len(), |x, y| if rows[y][x] == b'#' { 20 } else { 230 })
    }
}
