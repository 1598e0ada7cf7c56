import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  server: {
    host: "0.0.0.0",
    port: 3001,
    strictPort: true,
    // Changes on a mounted folder are not always told.
    watch: { usePolling: true, interval: 300 },
  },
});
