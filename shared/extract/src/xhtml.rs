//! XHTML for the HTML parser.
