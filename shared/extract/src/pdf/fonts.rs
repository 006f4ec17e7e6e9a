//! Substitutes East Asian fonts that files name but do not embed.
//!
//! Without a font pdfium gives characters empty boxes, and drops those that are drawn one by one. It needs the boxes,
//! not the shapes, to put text in order.

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ulong, c_void};

use pdfium_render::prelude::PdfiumLibraryBindings;

/// A TrueType font whose character map (format 13) gives every Unicode character the same square box.
static BOXES: &[u8] = include_bytes!("boxes.ttf");

/// Windows character set numbers: Japanese, Korean, simplified and traditional Chinese.
const EAST_ASIAN: [c_int; 4] = [128, 129, 134, 136];

/// `FPDF_SYSFONTINFO`, whose type has no public name.
#[repr(C)]
struct SystemFonts {
    version: c_int,
    release: Option<unsafe extern "C" fn(*mut SystemFonts)>,
    enumerate: Option<unsafe extern "C" fn(*mut SystemFonts, *mut c_void)>,
    map: unsafe extern "C" fn(
        *mut SystemFonts,
        c_int,
        c_int,
        c_int,
        c_int,
        *const c_char,
        *mut c_int,
    ) -> *mut c_void,
    get: unsafe extern "C" fn(*mut SystemFonts, *const c_char) -> *mut c_void,
    data: unsafe extern "C" fn(
        *mut SystemFonts,
        *mut c_void,
        c_uint,
        *mut c_uchar,
        c_ulong,
    ) -> c_ulong,
    name: unsafe extern "C" fn(*mut SystemFonts, *mut c_void, *mut c_char, c_ulong) -> c_ulong,
    charset: unsafe extern "C" fn(*mut SystemFonts, *mut c_void) -> c_int,
    delete: unsafe extern "C" fn(*mut SystemFonts, *mut c_void),
}

/// Installs these as the only system fonts, so that results do not depend on the machine.
pub fn install(pdfium: &dyn PdfiumLibraryBindings) {
    let fonts = Box::new(SystemFonts {
        version: 1,
        release: None,
        enumerate: None,
        map,
        get,
        data,
        name,
        charset,
        delete,
    });
    // SAFETY: the library is initialised, the layout is that of its header, and it lives as long as the process.
    unsafe { pdfium.FPDF_SetSystemFontInfo(Box::into_raw(fonts).cast()) };
}

unsafe extern "C" fn map(
    _: *mut SystemFonts,
    _weight: c_int,
    _italic: c_int,
    charset: c_int,
    _pitch: c_int,
    _face: *const c_char,
    _exact: *mut c_int,
) -> *mut c_void {
    if EAST_ASIAN.contains(&charset) {
        BOXES.as_ptr().cast_mut().cast()
    } else {
        std::ptr::null_mut()
    }
}

unsafe extern "C" fn get(_: *mut SystemFonts, _face: *const c_char) -> *mut c_void {
    std::ptr::null_mut()
}

/// Copies the whole font if the buffer is large enough, and returns its size. Single tables are not provided.
unsafe extern "C" fn data(
    _: *mut SystemFonts,
    _font: *mut c_void,
    table: c_uint,
    buffer: *mut c_uchar,
    size: c_ulong,
) -> c_ulong {
    if table != 0 {
        return 0;
    }
    if !buffer.is_null() && size >= BOXES.len() as c_ulong {
        // SAFETY: the buffer has at least that many bytes.
        unsafe { std::ptr::copy_nonoverlapping(BOXES.as_ptr(), buffer, BOXES.len()) };
    }
    BOXES.len() as c_ulong
}

unsafe extern "C" fn name(
    _: *mut SystemFonts,
    _font: *mut c_void,
    _buffer: *mut c_char,
    _size: c_ulong,
) -> c_ulong {
    0
}

unsafe extern "C" fn charset(_: *mut SystemFonts, _font: *mut c_void) -> c_int {
    EAST_ASIAN[0]
}

unsafe extern "C" fn delete(_: *mut SystemFonts, _font: *mut c_void) {}
