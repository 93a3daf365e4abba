//! Figures and playback; pure.
